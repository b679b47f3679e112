-- All movements together are the balance of the last day.
-- = landed
select sum(arr)::decimal(14, 2) from balance where day = (select max(day) from calendar)
-- = built
select sum(new_arr + expansion_arr + contraction_arr + churned_arr)::decimal(14, 2) from marts.fct_arr_daily
