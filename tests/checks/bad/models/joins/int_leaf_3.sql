select id from {{ ref('stg_both') }}
