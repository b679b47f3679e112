{% set statuses = ['placed', 'paid'] %}

select
    orders.order_id,
    orders.customer_id,
    orders.amount,
    orders.placed_on,
    {% for status in statuses -%}
    orders.status = '{{ status }}' as is_{{ status }},
    {% endfor -%}
    sum(payments.amount) as paid
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_payments') }} as payments on payments.order_id = orders.order_id
group by all
