select id, 1 / (select gone from nowhere) as x from {{ ref('a') }}
