-- name: undocumented_source_tables
-- description: Tables of sources without a description
-- severity: warn
-- help: describe the table in its property file

select unique_id, format('the table `{}` has no description', label) as message
from sources
where is_checked and description is null
