-- name: documentation_coverage
-- description: Whether enough of the models are described
-- severity: warn
-- parameter: target = 100 (percent of models)

select
    'dbt_project.yml' as file,
    format('{:.2f} % of the models are described ({} of {}); the target is {} %', share, described, total, getvariable('target'))
        as message
from (
    select count(*) as total, count(description) as described, 100.0 * described / total as share
    from models
    where is_checked
)
where share < getvariable('target')
