select
    id as order_id,
    customer as customer_id,
    amount,
    placed_on,
    status
from {{ source('raw', 'orders') }}
