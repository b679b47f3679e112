-- name: test_coverage
-- description: Whether enough of the models have a test
-- severity: warn
-- parameter: target = 100 (percent of models)

select
    'dbt_project.yml' as file,
    format('{:.2f} % of the models have a test ({} of {}); the target is {} %', share, tested, total, getvariable('target'))
        as message
from (
    select
        count(*) as total,
        count(*) filter (unique_id in (select tested_unique_id from tests where tested_unique_id is not null)) as tested,
        100.0 * tested / total as share
    from models
    where is_checked
)
where share < getvariable('target')
