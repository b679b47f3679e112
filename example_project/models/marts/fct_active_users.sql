{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='date_day'
    )
}}

-- An event that arrives late changes its own day and the 29 after it; only days that can still change are redone.
select
    date_day,
    count(distinct user_id) filter (is_active_1d) as daily_active_users,
    count(distinct user_id) filter (is_active_7d) as weekly_active_users,
    count(distinct user_id) filter (is_active_30d) as monthly_active_users,
    count(distinct user_id) filter (first_active_date = date_day) as new_users,
    round(daily_active_users / monthly_active_users, 4) as stickiness
from {{ ref('int_user_activity_spined') }}
{% if is_incremental() %}
where date_day >= (select max(date_day) - {{ var('late_arrival_days') }} from {{ this }})
{% endif %}
group by date_day
