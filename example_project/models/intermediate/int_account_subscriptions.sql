{{ config(materialized='ephemeral') }}

-- The terms of each subscription and from when to when they held. Of several changes on one day the last stands.
with daily as (

    select *, cast(effective_at as date) as valid_from
    from {{ ref('stg_billing__subscriptions') }}
    qualify row_number() over (
        partition by subscription_id, cast(effective_at as date) order by effective_at desc
    ) = 1

)

select
    subscription_version_key,
    subscription_id,
    customer_id,
    account_sfid,
    status,
    plan,
    billing_interval,
    seats,
    valid_from,
    lead(valid_from) over (partition by subscription_id order by valid_from) as valid_to,
    valid_to is null as is_current,
    -- past due still counts: the customer owes, and most pay
    status in ('active', 'past_due') as is_paying,
    cast(
        case when is_paying
            then seats * unit_amount / 100.0 * (case billing_interval when 'month' then 12 else 1 end)
            else 0
        end as decimal(14, 2)
    ) as arr
from daily
