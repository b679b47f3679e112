-- The balance of the last day is the sum of every movement ever, and of what each account pays now.
with balance as (

    select arg_max(closing_arr, date_day) as closing_arr from {{ ref('fct_arr_daily') }}

),

movements as (

    select sum(arr_change) as moved from {{ ref('int_arr_movements') }}

),

accounts as (

    select sum(arr) as paid from {{ ref('customer_360') }}

)

select closing_arr, moved, paid
from balance, movements, accounts
where closing_arr <> moved or closing_arr <> paid
