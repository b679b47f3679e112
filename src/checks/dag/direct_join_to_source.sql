-- name: direct_join_to_source
-- description: Models that read a source beside other models, so that the source is cleaned in more places than one
-- severity: warn
-- help: read the source in a staging model, and that here

select
    child.unique_id,
    any_value(edges.file) as file,
    min(edges.line) filter (parent.resource_type = 'source') as line,
    format(
        '`{}` reads {} beside other models',
        child.label,
        string_agg(format('the source `{}`', parent.label), ', ' order by parent.label)
            filter (parent.resource_type = 'source')
    ) as message
from edges
join resources as parent on parent.unique_id = edges.parent_unique_id
join resources as child on child.unique_id = edges.child_unique_id
where child.resource_type = 'model' and child.is_checked and parent.is_checked
group by child.unique_id, child.label
having bool_or(parent.resource_type = 'source') and bool_or(parent.resource_type = 'model')
