select
    customers.customer_id,
    customers.email,
    countries.name as country,
    count(orders.order_id) as orders,
    max(orders.placed_on) as last_order_on
from {{ ref('stg_customers') }} as customers
left join {{ ref('orders') }} as orders on orders.customer_id = customers.customer_id
left join {{ ref('countries') }} as countries on countries.code = customers.country
where customers.joined_at is not null
group by
    customers.customer_id,
    customers.email,
    countries.name
