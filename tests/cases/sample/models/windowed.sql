select id from {{ ref('raw_events') }}
