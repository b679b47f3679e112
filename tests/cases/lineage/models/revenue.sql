select
    customer_id,
    sum(amount)::decimal(18, 2) as revenue,
    count(*) as orders
from {{ ref('orders') }}
where amount > 0
group by all
