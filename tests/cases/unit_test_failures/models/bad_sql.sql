select id, nme from {{ ref('up') }}
