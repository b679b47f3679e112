{{ config(materialized='table') }}

select name, count(*) as events, max(round) as round
from {{ ref('events') }}
join {{ ref('names') }} using (kind)
group by name
