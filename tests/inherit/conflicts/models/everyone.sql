select id, state, email, phone from {{ source('crm', 'leads') }}
union all
select id, state, email, phone from {{ source('crm', 'accounts') }}
