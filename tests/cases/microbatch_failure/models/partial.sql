{{ config(concurrent_batches=false) }}
select id, happened_at, case when amount = 'one' then 1 else cast(amount as integer) end as amount
from {{ ref('raw_events') }}
where id <> 2 or cast('two' || id as integer) > 0
