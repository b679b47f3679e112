select *
from (select 1 as id)
where id > {{ var('first_ordr') }}
