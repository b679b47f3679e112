-- DAU, WAU, MAU and their ratio on every day: people with a deed in the 1, 7 and 30 days that end on it.
-- = landed
select
    calendar.day,
    count(distinct person) filter (deed.day = calendar.day),
    count(distinct person) filter (deed.day > calendar.day - 7),
    count(distinct person),
    round(count(distinct person) filter (deed.day = calendar.day) / count(distinct person), 4)
from calendar
inner join deed on deed.day between calendar.day - 29 and calendar.day
where person is not null
group by calendar.day
-- = built
select date_day, daily_active_users, weekly_active_users, monthly_active_users, stickiness
from marts.fct_active_users
where monthly_active_users > 0
