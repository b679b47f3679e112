{{ config(materialized='ephemeral') }}
select
    payment_id,
    order_id,
    {{ euros('cents') }} as amount,
    paid_on
from {{ source('raw', 'payments') }}
