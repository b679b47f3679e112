-- name: source_fanout
-- description: Sources that more than one model reads
-- severity: warn
-- help: read the source in one staging model, and have the others read that

select
    parent.unique_id,
    format(
        'the source `{}` is read by {} models: {}',
        parent.label,
        count(*),
        string_agg(format('`{}`', child.label), ', ' order by child.label)
    ) as message
from edges
join sources as parent on parent.unique_id = edges.parent_unique_id
join models as child on child.unique_id = edges.child_unique_id
where parent.is_checked and child.is_checked
group by parent.unique_id, parent.label
having count(*) > 1
