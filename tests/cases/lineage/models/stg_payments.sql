with source as (
    select * from {{ source('raw', 'payments') }}
)

select
    order_id,
    amount_cents / 100.0 as amount,
    method,
    paid_at::date as paid_on
from source
where status <> 'failed'
