-- name: exposures_dependent_on_private_models
-- description: Exposures that read what is no public model
-- severity: warn
-- help: have it read a model with `access: public`

select
    exposures.unique_id,
    case parent.resource_type
        when 'model' then format('the exposure `{}` reads `{}`, which is {}', exposures.name, parent.label, parent.access)
        else format('the exposure `{}` reads the {} `{}`', exposures.name, parent.resource_type, parent.label)
    end as message
from edges
join exposures on exposures.unique_id = edges.child_unique_id
join resources as parent on parent.unique_id = edges.parent_unique_id
where exposures.is_checked and parent.is_checked
    and parent.resource_type in ('model', 'source', 'seed', 'snapshot')
    and parent.access is distinct from 'public'
