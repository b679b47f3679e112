-- name: marts_read_no_source
-- description: Marts, reports and syncs read sources only by way of the staging layer, which hashes or drops personal data
-- severity: error
-- help: read the staging model of that source; where there is none yet, write one

select
    child.unique_id,
    edges.file,
    edges.line,
    format('`{}` reads the source `{}` past the staging layer', child.label, parent.label) as message
from edges
join sources as parent on parent.unique_id = edges.parent_unique_id
join models as child on child.unique_id = edges.child_unique_id
where not starts_with(child.folder, 'models/staging')
