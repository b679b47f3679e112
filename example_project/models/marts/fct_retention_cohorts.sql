-- People by the week they became active in, and how many of them were active in each week since.
with activity as (

    select distinct
        user_id,
        cast(date_trunc('week', first_active_date) as date) as cohort_week,
        cast(date_trunc('week', date_day) as date) as activity_week
    from {{ ref('int_user_activity_spined') }}
    where is_active_1d

),

cohorts as (

    select cohort_week, count(distinct user_id) as cohort_users
    from activity
    group by cohort_week

),

-- Only weeks that are over, so that the last point of each line is not a false drop.
weeks as (

    select
        cohorts.cohort_week,
        cohorts.cohort_users,
        dates.week_start as activity_week,
        cast((dates.week_start - cohorts.cohort_week) / 7 as integer) as week_number
    from cohorts
    inner join (select distinct week_start from {{ ref('dim_date') }}) as dates
        on dates.week_start >= cohorts.cohort_week and dates.week_start + 7 <= {{ as_of() }} + 1

)

select
    weeks.cohort_week,
    weeks.week_number,
    weeks.activity_week,
    weeks.cohort_users,
    count(activity.user_id) as retained_users,
    round(retained_users / weeks.cohort_users, 4) as retention_rate
from weeks
left join activity using (cohort_week, activity_week)
group by weeks.cohort_week, weeks.week_number, weeks.activity_week, weeks.cohort_users
