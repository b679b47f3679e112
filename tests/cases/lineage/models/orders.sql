{{ config(materialized='incremental', unique_key='order_id') }}
select
    events.order_id,
    customers.id as customer_id,
    {{ dbt.concat(['customers.full_name', "' / '", 'countries.name']) }} as customer,
    coalesce(payments.amount, 0) as amount,
    payments.paid_on,
    row_number() over (partition by customers.id order by payments.paid_on) as order_number
from {{ source('raw', 'events') }} as events
join {{ ref('customers_history') }} as customers on customers.id = events.customer_id
left join {{ ref('countries') }} as countries on countries.code = customers.country
left join {{ ref('payments_by_order') }} as payments using (order_id)
{% if is_incremental() %}
where payments.paid_on > (select max(paid_on) from {{ this }})
{% endif %}
