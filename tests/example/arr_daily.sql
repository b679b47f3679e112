-- Recurring revenue of every day since 2023, from what each subscription was worth at the end of it: the balance, what
-- kinds of movement led to it, and how many pay.
-- = landed
select
    day,
    sum(arr)::decimal(14, 2),
    (sum(arr) filter (before = 0))::decimal(14, 2),
    coalesce(sum(arr - before) filter (before > 0 and arr > before), 0)::decimal(14, 2),
    coalesce(sum(arr - before) filter (arr > 0 and arr < before), 0)::decimal(14, 2),
    coalesce(-sum(before) filter (arr = 0), 0)::decimal(14, 2),
    count(*) filter (arr > 0)
from balance
group by day
-- = built
select date_day, closing_arr, new_arr, expansion_arr, contraction_arr, churned_arr, paying_customers from marts.fct_arr_daily
