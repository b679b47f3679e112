-- name: too_many_joins
-- description: Models that read very many things
-- severity: warn
-- parameter: threshold = 7 (things from which on it is too many)
-- help: put some of them together in a model of their own

select child.unique_id, format('`{}` reads {} things', child.label, count(*)) as message
from edges
join models as child on child.unique_id = edges.child_unique_id
where child.is_checked
group by child.unique_id, child.label
having count(*) >= getvariable('threshold')
