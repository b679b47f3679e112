-- Every version of every subscription, unpacked from the billing system's JSON.
with landed as (

    select json from {{ source('billing', 'subscriptions') }}

),

unpacked as (

    select
        json ->> '$.id' as subscription_id,
        json ->> '$.customer' as customer_id,
        json ->> '$.metadata.account_sfid' as account_sfid,
        json ->> '$.metadata.server_id' as server_id,
        json ->> '$.status' as status,
        json ->> '$.items[0].price.plan' as plan,
        json ->> '$.items[0].price.interval' as billing_interval,
        cast(json ->> '$.items[0].price.unit_amount' as integer) as unit_amount,
        cast(json ->> '$.items[0].quantity' as integer) as seats,
        {{ from_epoch("json ->> '$.created'") }} as created_at,
        {{ from_epoch("json ->> '$.updated'") }} as effective_at,
        {{ from_epoch("json ->> '$.trial_end'") }} as trial_ends_at,
        {{ from_epoch("json ->> '$.canceled_at'") }} as canceled_at,
        cast(json ->> '$._loaded_at' as timestamp) as loaded_at
    from landed

)

select
    {{ dbt.hash("subscription_id || '/' || cast(effective_at as varchar)") }} as subscription_version_key,
    *
from unpacked
where {{ known_by_now('loaded_at') }}
