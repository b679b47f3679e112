select
    id,
    amonut
from {{ ref('orders') }}
