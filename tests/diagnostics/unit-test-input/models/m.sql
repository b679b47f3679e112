select id from {{ ref('up') }}
