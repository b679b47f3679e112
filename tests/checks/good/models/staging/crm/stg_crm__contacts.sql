-- People as the sales people know them.
select id, account_id, email
from {{ source('crm', 'contact') }}
