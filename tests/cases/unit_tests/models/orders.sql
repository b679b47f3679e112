{{ config(materialized='incremental', unique_key='id') }}
select priced.id, priced.amount, priced.day, customers.name as customer_name, users.plan,
    '{{ env_var('SHOP_REGION', 'none') }}' as region
from {{ ref('priced') }} priced
left join {{ ref('customers') }} customers on customers.code = priced.customer
left join {{ source('app', 'users') }} users on users.id = priced.id
{% if is_incremental() %}
where priced.day > (select max(day) from {{ this }})
{% endif %}
