select count(*) as contacts from {{ ref('dim_contacts') }}
