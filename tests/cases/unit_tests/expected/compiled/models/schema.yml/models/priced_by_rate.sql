
with __dbt__cte__stg_orders as (
-- Fixture for stg_orders
  select cast(1 as INTEGER) as "id", cast(2 as DECIMAL(9,2)) as "amount", cast('2024-01-01' as DATE) as "day", cast('a' as character varying) as "customer", cast(True as BOOLEAN) as "is_paid"
  union all
  select cast(2 as INTEGER) as "id", cast(3 as DECIMAL(9,2)) as "amount", cast('2024-01-02' as DATE) as "day", cast('z' as character varying) as "customer", cast(True as BOOLEAN) as "is_paid"
  union all
  select cast(3 as INTEGER) as "id", cast(4 as DECIMAL(9,2)) as "amount", cast('2024-01-02' as DATE) as "day", cast('b' as character varying) as "customer", cast(False as BOOLEAN) as "is_paid"
  union all
  select cast(4 as INTEGER) as "id", cast(4 as DECIMAL(9,2)) as "amount", cast('2024-01-02' as DATE) as "day", cast('b' as character varying) as "customer", cast(null as BOOLEAN) as "is_paid"
),  __dbt__cte__priced as (

select id, amount * 10 as amount, day, customer
from __dbt__cte__stg_orders
where is_paid
),  __dbt__cte__customers as (
-- Fixture for customers
  select cast('a' as character varying) as "code", cast('Ann' as character varying) as "name"
  union all
  select cast('b' as character varying) as "code", cast('Bob' as character varying) as "name"
),  __dbt__cte__app__users as (
-- Fixture for users
  select cast('1' as integer) as "id", cast('pro' as character varying) as "plan"
  union all
  select cast('2' as integer) as "id", cast(null as character varying(256)) as "plan"
) select priced.id, priced.amount, priced.day, customers.name as customer_name, users.plan,
    'eu' as region
from __dbt__cte__priced priced
left join __dbt__cte__customers customers on customers.code = priced.customer
left join __dbt__cte__app__users users on users.id = priced.id
