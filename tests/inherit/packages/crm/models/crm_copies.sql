select * from {{ ref('crm_leads') }}
