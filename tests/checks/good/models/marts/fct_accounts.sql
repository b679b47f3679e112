select named.account_id, count(*) as contacts
from {{ ref('int_contacts_named') }} as named
join {{ ref('stg_crm__accounts') }} as accounts on accounts.id = named.account_id
left join {{ ref('regions') }} as regions on regions.name = accounts.name
group by all
