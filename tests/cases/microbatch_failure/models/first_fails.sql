select id, happened_at, cast(amount as integer) as amount
from {{ ref('raw_events') }}
