-- name: models_have_a_schedule
-- description: Every model has a tag that says when it is built
-- parameter: schedules = [nightly] (tags that say so)
-- help: give it one of the tags

select unique_id, format('`{}` is built by nobody', name) as message
from models
where not list_has_any(tags, getvariable('schedules')) and layer <> 'staging'
