{{ config(materialized='incremental', unique_key='order_id') }}
select order_id, placed_on, date_diff('day', placed_on, date '2025-01-01') as age
from {{ ref('orders') }}
{% if is_incremental() %}
where placed_on > (select max(placed_on) from {{ this }})
{% endif %}
