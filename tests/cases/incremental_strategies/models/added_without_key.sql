select id, region, status, amount from {{ ref('raw') }}
