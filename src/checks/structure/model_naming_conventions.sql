-- name: model_naming_conventions
-- description: Models whose name has none of the prefixes of their layer; time spines are free
-- severity: warn

select
    models.unique_id,
    format('the name of `{}`, of the layer {}, has no prefix of that', models.label, models.layer) as message,
    format('its name should begin with {}', array_to_string(list_transform(layers.prefixes, lambda one: format('`{}`', one)), ' or '))
        as help
from models
join layers on layers.name = models.layer
where models.is_checked
    and models.layer_by_name is null
    and not models.is_time_spine
    and len(layers.prefixes) > 0
