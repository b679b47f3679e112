select order_id, placed_on as happened_on, 'order' as what from {{ ref('stg_orders') }}
union all
select order_id, paid_on, 'payment' from {{ ref('stg_payments') }}
