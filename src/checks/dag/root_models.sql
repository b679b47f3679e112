-- name: root_models
-- description: Models that read nothing the graph knows of; time spines are none
-- severity: warn
-- help: write `ref()` or `source()` for what it reads

select unique_id, format('`{}` reads no source, model, seed or snapshot', label) as message
from models
where is_checked and not is_time_spine and not exists (from edges where edges.child_unique_id = models.unique_id)
