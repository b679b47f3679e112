select
    cast(day as date) as date_day,
    cast(date_trunc('week', day) as date) as week_start,
    cast(date_trunc('month', day) as date) as month_start,
    cast(date_trunc('quarter', day) as date) as quarter_start,
    cast(year(day) as integer) as year_number,
    cast(isodow(day) as integer) as weekday_number,
    dayname(day) as weekday_name,
    isodow(day) >= 6 as is_weekend,
    cast(day as date) = last_day(day) as is_month_end
from generate_series(date '2023-01-01', {{ as_of() }}, interval 1 day) as days (day)
