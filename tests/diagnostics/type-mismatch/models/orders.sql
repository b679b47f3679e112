with lines as (
    select 1 as order_id, '7' as customer_id, date '2025-01-03' as placed_on
)

select order_id from lines where customer_id = 7 and placed_on = 20250103
union all
select customer_id from lines
