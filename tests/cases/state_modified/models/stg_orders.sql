select order_id, amount, code
from {{ source('raw', 'orders') }}
where amount > {{ var('floor') }}
