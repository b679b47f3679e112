select id, name
from {{ source('crm', 'account') }}
