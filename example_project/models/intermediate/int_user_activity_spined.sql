{{ config(materialized='table') }}

-- A row for each user and day since the first activity, active or not, with flags for trailing windows.
with activity as (

    select * from {{ ref('int_user_activity_daily') }}

),

lifetimes as (

    select user_id, min(activity_date) as first_active_date
    from activity
    group by user_id

),

spine as (

    select
        lifetimes.user_id,
        lifetimes.first_active_date,
        dates.date_day
    from lifetimes
    inner join {{ ref('dim_date') }} as dates
        on dates.date_day between lifetimes.first_active_date and {{ as_of() }}

)

select
    spine.user_id,
    spine.date_day,
    spine.first_active_date,
    last_value(activity.server_id ignore nulls) over history as server_id,
    coalesce(activity.events, 0) as events,
    activity.user_id is not null as is_active_1d,
    count(activity.user_id) over (history rows between 6 preceding and current row) > 0 as is_active_7d,
    count(activity.user_id) over (history rows between 29 preceding and current row) > 0 as is_active_30d
from spine
left join activity
    on spine.user_id = activity.user_id and spine.date_day = activity.activity_date
window history as (partition by spine.user_id order by spine.date_day)
