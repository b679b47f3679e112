select id, upper(name) as name, amount from {{ ref('up') }}
