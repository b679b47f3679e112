-- name: undocumented_models
-- description: Models without a description
-- severity: warn
-- help: describe it in a property file

select unique_id, coalesce(patch_file, file) as file, coalesce(patch_line, line) as line,
    format('the model `{}` has no description', label) as message
from models
where is_checked and description is null
