

select customer, count(*) as orders, sum(amount) as revenue
from "shop"."main"."stg_orders"
group by customer