select id, made_in from {{ ref('base') }}
