-- name: multiple_sources_joined
-- description: Models that read more than one source
-- severity: warn
-- help: give each source a staging model of its own, and join those

select
    child.unique_id,
    any_value(edges.file) as file,
    min(edges.line) as line,
    format('`{}` reads {} sources: {}', child.label, count(*), string_agg(format('`{}`', parent.label), ', ' order by parent.label))
        as message
from edges
join sources as parent on parent.unique_id = edges.parent_unique_id
join resources as child on child.unique_id = edges.child_unique_id
where child.resource_type in ('model', 'snapshot') and child.is_checked and parent.is_checked
group by child.unique_id, child.label
having count(*) > 1
