select contact.id
from {{ source('crm', 'contact') }} as contact
join {{ source('crm', 'account') }} as account using (id)
