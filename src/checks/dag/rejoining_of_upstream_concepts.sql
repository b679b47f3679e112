-- name: rejoining_of_upstream_concepts
-- description: Models that read something both directly and through another that nothing else reads
-- severity: warn
-- help: do in one model what the two do

with steps as (
    select edges.*
    from edges
    join resources as parent on parent.unique_id = edges.parent_unique_id
    join resources as child on child.unique_id = edges.child_unique_id
    where parent.is_checked and child.is_checked
        and child_resource_type in ('model', 'snapshot', 'seed', 'analysis')
),

single as (
    select parent_unique_id as unique_id
    from steps
    group by all
    having count(*) = 1
)

select
    child.unique_id,
    short.file,
    short.line,
    format('`{}` reads `{}` both directly and through `{}`, which nothing else reads', child.label, parent.label, middle.label)
        as message
from steps as long
join single on single.unique_id = long.child_unique_id
join steps as last on last.parent_unique_id = long.child_unique_id
join steps as short on short.parent_unique_id = long.parent_unique_id and short.child_unique_id = last.child_unique_id
join resources as parent on parent.unique_id = long.parent_unique_id
join resources as middle on middle.unique_id = long.child_unique_id
join resources as child on child.unique_id = last.child_unique_id
