with landed as (
    select * from {{ source('raw', 'users') }}
)

select
    id,
    email as address,
    upper(full_name) as name,
    cast(phone as varchar) as phone,
    sha256('salt' || lower(email)) as email_hash,
    md5(phone) as phone_md5,
    {{ hide('full_name') }} as initials,
    {{ both('full_name') }} as name_again,
    email is not null as has_email,
    email like '%@example.com' as is_own,
    left(ip, 3) as network,
    salary,
    json ->> '$.event' as event,
    json ->> '$.traits.role' as role,
    json -> 'traits' ->> 'email' as address_in_json,
    card.holder as card_holder,
    card.number as card_number
from landed
where ip <> '0.0.0.0'
