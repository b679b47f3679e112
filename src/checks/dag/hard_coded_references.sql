-- name: hard_coded_references
-- description: Models that name a table themselves, which the graph then does not know of
-- severity: warn
-- help: write `ref()` for a model and `source()` for a table that something else loads

select
    reference.unique_id,
    reference.file,
    reference.line,
    format('`{}` names the table {} itself', models.label, reference.reference) as message
from hard_coded_references as reference
join models using (unique_id)
where models.is_checked
