-- One row a month: the figures of the monthly business review, as they stood on its last reported day.
with month_ends as (

    select month_start, max(date_day) as month_end
    from {{ ref('dim_date') }}
    where date_day >= cast('{{ var("reporting_start") }}' as date)
    group by month_start

),

-- What the customers of a year ago pay now, over what they paid then.
cohort_balances as (

    select
        month_ends.month_start,
        movements.account_sfid,
        coalesce(sum(movements.arr_change) filter (
            movements.movement_date <= month_ends.month_end - interval 1 year
        ), 0) as arr_year_ago,
        sum(movements.arr_change) as arr_now
    from month_ends
    inner join {{ ref('int_arr_movements') }} as movements
        on movements.movement_date <= month_ends.month_end
    group by month_ends.month_start, movements.account_sfid

),

retention as (

    select
        month_start,
        cast(sum(arr_year_ago) as decimal(14, 2)) as arr_year_ago,
        cast(sum(arr_now) as decimal(14, 2)) as retained_arr,
        round(sum(arr_now) / sum(arr_year_ago), 4) as net_revenue_retention
    from cohort_balances
    where arr_year_ago > 0
    group by month_start

),

activity as (

    select
        dates.month_start,
        round(avg(users.daily_active_users), 1) as average_daily_active_users,
        arg_max(users.monthly_active_users, users.date_day) as monthly_active_users,
        cast(sum(users.new_users) as bigint) as new_users
    from {{ ref('fct_active_users') }} as users
    inner join {{ ref('dim_date') }} as dates using (date_day)
    group by dates.month_start

),

revenue as (

    select
        dates.month_start,
        arg_max(arr.closing_arr, arr.date_day) as closing_arr,
        cast(sum(arr.new_arr) as decimal(14, 2)) as new_arr,
        cast(sum(arr.expansion_arr) as decimal(14, 2)) as expansion_arr,
        cast(sum(arr.contraction_arr) as decimal(14, 2)) as contraction_arr,
        cast(sum(arr.churned_arr) as decimal(14, 2)) as churned_arr,
        arg_max(arr.paying_customers, arr.date_day) as paying_customers
    from {{ ref('fct_arr_daily') }} as arr
    inner join {{ ref('dim_date') }} as dates using (date_day)
    group by dates.month_start

),

support as (

    select
        cast(date_trunc('month', created_at) as date) as month_start,
        count(*) as tickets,
        round(avg(cast(is_reply_in_time as integer)), 4) as reply_in_time_rate
    from {{ ref('fct_support_tickets') }}
    group by 1

),

web as (

    select
        cast(date_trunc('month', date_day) as date) as month_start,
        cast(sum(sessions) as bigint) as web_sessions
    from {{ ref('stg_ga__sessions') }}
    group by 1

)

select
    month_ends.month_start,
    month_ends.month_end,
    activity.average_daily_active_users,
    activity.monthly_active_users,
    activity.new_users,
    revenue.closing_arr,
    revenue.new_arr,
    revenue.expansion_arr,
    revenue.contraction_arr,
    revenue.churned_arr,
    revenue.paying_customers,
    retention.arr_year_ago,
    retention.retained_arr,
    retention.net_revenue_retention,
    coalesce(support.tickets, 0) as tickets,
    support.reply_in_time_rate,
    coalesce(web.web_sessions, 0) as web_sessions
from month_ends
left join activity using (month_start)
left join revenue using (month_start)
left join retention using (month_start)
left join support using (month_start)
left join web using (month_start)
