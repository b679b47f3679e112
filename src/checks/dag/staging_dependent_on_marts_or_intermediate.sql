-- name: staging_dependent_on_marts_or_intermediate
-- description: Staging models that read a model of a later layer
-- severity: warn
-- parameter: staging = [staging] (the layers that may not read)
-- parameter: later = [marts, intermediate] (the layers that they may not read)
-- help: read what that model is made of, or move this one to a later layer

select
    child.unique_id,
    edges.file,
    edges.line,
    format('`{}`, of the layer {}, reads `{}`, of the layer {}', child.label, child.layer, parent.label, parent.layer)
        as message
from edges
join models as parent on parent.unique_id = edges.parent_unique_id
join models as child on child.unique_id = edges.child_unique_id
where child.is_checked and parent.is_checked
    and list_contains(getvariable('staging'), child.layer)
    and list_contains(getvariable('later'), parent.layer)
