select
    happened_on,
    count(*) as events,
    row_number() over (order by happened_on) as day_number
from {{ ref('activity') }}
where happened_on >= date '2020-01-01'
group by happened_on
having count(*) > 0
