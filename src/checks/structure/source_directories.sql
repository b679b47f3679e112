-- name: source_directories
-- description: Sources that are declared outside of a folder of their name
-- severity: warn

select
    min_by(unique_id, line) as unique_id,
    format('the source `{}` is declared in the folder {}', source_name, folder) as message,
    format('move it to a folder of the name {}', source_name) as help
from sources
where is_checked and not contains(folder, source_name)
group by source_name, folder
