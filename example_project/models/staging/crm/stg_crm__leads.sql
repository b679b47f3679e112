with landed as (

    select * from {{ source('crm', 'lead') }}
    where
        not cast(is_deleted as boolean)
        and {{ known_by_now('cast(systemmodstamp as timestamp)') }}

)

select
    sfid as lead_sfid,
    {{ hash_pii('email') }} as email_hash,
    {{ email_domain('email') }} as email_domain,
    email_domain in (select domain from {{ ref('blocked_email_domains') }}) as has_blocked_domain,
    status as lead_status,
    lead_source,
    converted_account_id as converted_account_sfid,
    cast(created_date as timestamp) as created_at,
    cast(systemmodstamp as timestamp) as modified_at
from landed
