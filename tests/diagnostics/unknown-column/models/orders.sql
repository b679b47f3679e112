select
    id,
    amout
from {{ ref('stg_orders') }}
