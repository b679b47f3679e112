{{ config(materialized='ephemeral') }}
select order_id, sum(amount) as amount, max(paid_on) as paid_on
from {{ ref('stg_payments') }}
group by order_id
