with landed as (

    select * from {{ source('mktg_auto', 'form_fills') }}
    where {{ known_by_now('cast(_sdc_batched_at as timestamp)') }}

)

select
    cast(id as bigint) as form_fill_id,
    form_name,
    {{ hash_pii('email') }} as email_hash,
    {{ email_domain('email') }} as email_domain,
    email_domain in (select domain from {{ ref('blocked_email_domains') }}) as has_blocked_domain,
    coalesce(consent = 'yes', false) as has_consent,
    nullif(utm_source, '') as utm_source,
    nullif(utm_campaign, '') as utm_campaign,
    cast(submitted_at as timestamp) as submitted_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from landed
