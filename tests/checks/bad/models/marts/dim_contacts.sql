{{ config(access='public') }}

select id
from {{ ref('stg_contacts_clean') }}
join {{ source('crm', 'account') }} using (id)
