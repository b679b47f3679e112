-- name: model_directories
-- description: Models that are not in the folder of their layer, and staging models that are not in that of their source
-- severity: warn
-- parameter: staging = staging (the layer whose models are in a folder of their source)

with recursive upstream as (
    select unique_id, folder, unique_id as ancestor
    from models
    where is_checked and layer = getvariable('staging')

    union

    select upstream.unique_id, upstream.folder, edges.parent_unique_id
    from upstream
    join edges on edges.child_unique_id = upstream.ancestor
),

strangers as (
    select distinct upstream.unique_id, sources.source_name
    from upstream
    join sources on sources.unique_id = upstream.ancestor
    where not contains(upstream.folder, sources.source_name)
)

select
    unique_id,
    file,
    format('`{}` reads the source `{}` and is in the folder {}', label, source_name, folder) as message,
    format('move it to a folder of the name {}', source_name) as help
from strangers
join models using (unique_id)

union all

select
    models.unique_id,
    models.file,
    format('`{}` is of the layer {} and in the folder of {}', label, layer, layer_by_folder),
    coalesce(format('move it below a folder {}', layers.folder), 'move it, or call it otherwise')
from models
left join layers on layers.name = models.layer
where is_checked and layer <> layer_by_folder
