select id from {{ ref('stg_contacts') }}
