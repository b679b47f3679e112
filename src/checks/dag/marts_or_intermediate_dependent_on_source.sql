-- name: marts_or_intermediate_dependent_on_source
-- description: Models of later layers that read a source past the staging layer
-- severity: warn
-- parameter: layers = [marts, intermediate] (the layers that read none)
-- help: read the source in a staging model, and that here

select
    child.unique_id,
    edges.file,
    edges.line,
    format('`{}`, of the layer {}, reads the source `{}`', child.label, child.layer, parent.label) as message
from edges
join sources as parent on parent.unique_id = edges.parent_unique_id
join resources as child on child.unique_id = edges.child_unique_id
where child.is_checked and parent.is_checked and list_contains(getvariable('layers'), child.layer)
