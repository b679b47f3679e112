-- name: sources_without_freshness
-- description: Sources of which nobody says how fresh they must be
-- severity: warn
-- help: give it `freshness` with `warn_after` or `error_after`, and `loaded_at_field`

select unique_id, format('nothing says how fresh the source `{}` must be', label) as message
from sources
where is_checked and not has_freshness
