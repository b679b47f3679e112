select
    sfid as contact_sfid,
    account_id as account_sfid,
    {{ hash_pii('email') }} as email_hash,
    {{ email_domain('email') }} as email_domain,
    title,
    cast(has_opted_out_of_email as boolean) as has_opted_out,
    cast(created_date as timestamp) as created_at,
    cast(systemmodstamp as timestamp) as modified_at
from {{ source('crm', 'contact') }}
where
    not cast(is_deleted as boolean)
    and {{ known_by_now('cast(systemmodstamp as timestamp)') }}
