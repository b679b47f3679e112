-- name: chained_views_dependencies
-- description: Models behind a long chain of views, all of which are worked out anew for every query
-- severity: warn
-- parameter: threshold = 5 (views in a row that are not yet too many)
-- help: make a table of one of the views on the way

with recursive chains as (
    -- How many views in a row are right above each model.
    select unique_id, 0 as length
    from models
    where materialized in ('view', 'ephemeral')

    union

    select child.unique_id, chains.length + 1
    from chains
    join models as parent on parent.unique_id = chains.unique_id
    join edges on edges.parent_unique_id = parent.unique_id
    join models as child on child.unique_id = edges.child_unique_id
    where parent.materialized in ('view', 'ephemeral')
)

select
    models.unique_id,
    format('`{}` is behind a chain of {} views', any_value(models.label), max(chains.length)) as message
from chains
join models using (unique_id)
where models.is_checked
group by models.unique_id
having max(chains.length) > getvariable('threshold')
