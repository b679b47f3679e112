-- name: model_fanout
-- description: What many models read that no other model reads, so that a tool for dashboards could do the last step
-- severity: warn
-- parameter: threshold = 3 (models from which on it is too many)
-- help: leave the last step to the tool that reads them, or merge them

with leaves as (
    select unique_id, label
    from models
    where is_checked and not exists (
        from edges
        where edges.parent_unique_id = models.unique_id and child_resource_type in ('model', 'snapshot')
    )
)

select
    parent.unique_id,
    format(
        '`{}` has {} children that no other model reads: {}',
        parent.label,
        count(*),
        string_agg(format('`{}`', leaves.label), ', ' order by leaves.label)
    ) as message
from edges
join leaves on leaves.unique_id = edges.child_unique_id
join resources as parent on parent.unique_id = edges.parent_unique_id
where parent.is_checked
group by parent.unique_id, parent.label
having count(*) >= getvariable('threshold')
