select id as user_id, email, name, country, flag, code, note, secret, lower(email) as email_lower
from {{ source('raw', 'users') }}
