-- name: undocumented_public_models
-- description: Public models that are not described in full, with each of their columns
-- severity: warn
-- help: describe the model and each of its columns

with described as (
    select unique_id, count(*) as total, count(description) as described
    from columns
    group by all
)

select
    models.unique_id,
    coalesce(patch_file, file) as file,
    coalesce(patch_line, line) as line,
    format(
        '`{}` is public, and {}',
        label,
        case
            when description is null then 'has no description'
            when total is null then 'none of its columns is named'
            else format('{} of its {} columns have no description', total - described, total)
        end
    ) as message
from models
left join described using (unique_id)
where is_checked and access = 'public' and (description is null or total is null or described < total)
