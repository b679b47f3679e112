{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='date_day',
        group='finance'
    )
}}

-- Opening balance, movements and closing balance of each day; billing changes can reach us three days late.
with movements as (

    select
        movement_date as date_day,
        coalesce(sum(arr_change) filter (movement_type = 'new'), 0) as new_arr,
        coalesce(sum(arr_change) filter (movement_type = 'expansion'), 0) as expansion_arr,
        coalesce(sum(arr_change) filter (movement_type = 'contraction'), 0) as contraction_arr,
        coalesce(sum(arr_change) filter (movement_type = 'churn'), 0) as churned_arr,
        sum(arr_change) as net_change,
        count(*) filter (movement_type = 'new') - count(*) filter (movement_type = 'churn') as customer_change
    from {{ ref('int_arr_movements') }}
    group by movement_date

),

balances as (

    select
        dates.date_day,
        coalesce(movements.new_arr, 0) as new_arr,
        coalesce(movements.expansion_arr, 0) as expansion_arr,
        coalesce(movements.contraction_arr, 0) as contraction_arr,
        coalesce(movements.churned_arr, 0) as churned_arr,
        sum(coalesce(movements.net_change, 0)) over (order by dates.date_day) as closing_arr,
        closing_arr - coalesce(movements.net_change, 0) as opening_arr,
        sum(coalesce(movements.customer_change, 0)) over (order by dates.date_day) as paying_customers
    from {{ ref('dim_date') }} as dates
    left join movements using (date_day)

)

select
    date_day,
    cast(opening_arr as decimal(14, 2)) as opening_arr,
    cast(new_arr as decimal(14, 2)) as new_arr,
    cast(expansion_arr as decimal(14, 2)) as expansion_arr,
    cast(contraction_arr as decimal(14, 2)) as contraction_arr,
    cast(churned_arr as decimal(14, 2)) as churned_arr,
    cast(closing_arr as decimal(14, 2)) as closing_arr,
    cast(paying_customers as bigint) as paying_customers
from balances
{% if is_incremental() %}
where date_day >= (select max(date_day) - {{ var('late_arrival_days') }} from {{ this }})
{% endif %}
