{{ config(materialized='ephemeral') }}
select id, amount * {{ var('rate') }} as amount, day, customer
from {{ ref('stg_orders') }}
where is_paid
