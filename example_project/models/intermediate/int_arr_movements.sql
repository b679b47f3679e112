{{ config(materialized='table', group='finance') }}

-- Each change of an account's annual recurring revenue, and what kind of change it was.
with balances as (

    select
        account_sfid,
        subscription_id,
        valid_from as movement_date,
        plan,
        seats,
        arr,
        coalesce(lag(arr) over subscription, 0) as previous_arr,
        coalesce(max(arr) over (
            subscription rows between unbounded preceding and 1 preceding
        ), 0) > 0 as had_paid_before
    from {{ ref('int_account_subscriptions') }}
    window subscription as (partition by subscription_id order by valid_from)

)

select
    {{ dbt.hash("subscription_id || '/' || cast(movement_date as varchar)") }} as movement_key,
    account_sfid,
    subscription_id,
    movement_date,
    case
        when previous_arr = 0 then 'new'
        when arr = 0 then 'churn'
        when arr > previous_arr then 'expansion'
        else 'contraction'
    end as movement_type,
    previous_arr = 0 and had_paid_before as is_win_back,
    plan,
    seats,
    previous_arr,
    arr,
    arr - previous_arr as arr_change
from balances
where arr <> previous_arr
