select id as order_id, customer, status, amount, ordered_at
from {{ ref('raw_orders') }}
