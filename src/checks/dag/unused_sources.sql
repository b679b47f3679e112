-- name: unused_sources
-- description: Sources that nothing but tests reads
-- severity: warn
-- help: read it, or remove it

select unique_id, format('nothing reads the source `{}`', label) as message
from sources
where is_checked and not exists (
    from edges
    where edges.parent_unique_id = sources.unique_id and child_resource_type not in ('test', 'unit_test')
)
