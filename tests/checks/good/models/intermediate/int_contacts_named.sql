with contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

accounts as (
    select * from {{ ref('stg_crm__accounts') }}
)

-- from raw.contacts, once
select contacts.id, lower(contacts.email) as email, accounts.name, accounts.id as account_id
from contacts
join accounts on accounts.id = contacts.account_id
where extract(year from date '2025-06-30') > 2000 and contacts.id is distinct from accounts.id
