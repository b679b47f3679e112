select id from {{ ref('ids') }}
