select coalesce(l.id, a.id) as id, l.email::varchar as email, max(l.phone) as phone, l.state as lead_state
from {{ source('crm', 'leads') }} l left join {{ source('crm', 'accounts') }} a on l.id = a.id
group by all
