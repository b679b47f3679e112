
with __dbt__cte__renamed as (

select id, value, happened_at from "shop"."main"."raw_events"
) select id, value, '202402' as batch, False as added, happened_at
from (select * from __dbt__cte__renamed where happened_at >= '2024-02-01 00:00:00+00:00' and happened_at < '2024-03-01 00:00:00+00:00')