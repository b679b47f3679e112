with recursive __dbt__cte__base as (

select 1 as id
),  counted as (
  select id from __dbt__cte__base union all select id + 1 from counted where id < 3
)
select * from counted