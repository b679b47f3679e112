-- Whoever was active today was active this week, and whoever was this week was this month.
select date_day, daily_active_users, weekly_active_users, monthly_active_users
from {{ ref('fct_active_users') }}
where
    daily_active_users > weekly_active_users
    or weekly_active_users > monthly_active_users
