-- name: exposure_parents_materializations
-- description: Exposures that read a source, or a model that is no table
-- severity: warn
-- parameter: materializations = [view, ephemeral] (what is worked out anew for every query)

select
    exposures.unique_id,
    case parent.resource_type
        when 'source' then format('the exposure `{}` reads the source `{}`', exposures.name, parent.label)
        else format('the exposure `{}` reads `{}`, which is materialized as {}', exposures.name, parent.label, parent.materialized)
    end as message,
    case parent.resource_type
        when 'source' then 'read the source in a model, and that in the exposure'
        else 'make a table of the model'
    end as help
from edges
join exposures on exposures.unique_id = edges.child_unique_id
join resources as parent on parent.unique_id = edges.parent_unique_id
where exposures.is_checked and parent.is_checked and (
    parent.resource_type = 'source'
    or (parent.resource_type = 'model' and list_contains(getvariable('materializations'), parent.materialized))
)
