-- name: undocumented_sources
-- description: Sources without a description
-- severity: warn
-- help: describe the source above its tables

select
    min_by(unique_id, line) as unique_id,
    format('the source `{}` has no description', source_name) as message
from sources
where is_checked and source_description is null
group by source_name, package_name
