-- name: staging_dependent_on_staging
-- description: Staging models that read one another
-- severity: warn
-- parameter: layer = staging (the layer whose models read none of their own)
-- help: move the one that reads to a later layer, or what is read to one before

select
    child.unique_id,
    edges.file,
    edges.line,
    format('`{}` and what it reads, `{}`, are both of the layer {}', child.label, parent.label, child.layer) as message
from edges
join resources as parent on parent.unique_id = edges.parent_unique_id
join resources as child on child.unique_id = edges.child_unique_id
where child.is_checked and parent.is_checked
    and child.layer = getvariable('layer')
    and parent.layer = getvariable('layer')
