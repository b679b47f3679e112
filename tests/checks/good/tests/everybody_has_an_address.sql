select id from {{ ref('dim_contacts') }} where email not like '%@%'
