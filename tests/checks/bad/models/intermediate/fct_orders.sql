select id from {{ ref('dim_contacts') }}
