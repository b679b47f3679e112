-- name: models_are_scheduled
-- description: Every model has a tag that a schedule of the orchestration selects; one without is built by nobody
-- severity: error
-- parameter: schedules = [hourly, nightly, laboratory] (the tags that are selected)
-- help: tag its folder in dbt_project.yml, or the model itself

select unique_id, format('no schedule builds `{}`', label) as message
from models
where not list_has_any(tags, getvariable('schedules'))
