select
    license_id,
    customer_id,
    server_id,
    sku as plan,
    cast(seats as integer) as seats,
    cast(is_trial as boolean) as is_trial,
    {{ hash_pii('contact.email') }} as contact_email_hash,
    cast(issued_at as timestamp) as issued_at,
    cast(starts_on as date) as starts_on,
    cast(expires_on as date) as expires_on
from {{ source('lake', 'licenses') }}
where {{ known_by_now('cast(issued_at as timestamp)') }}
