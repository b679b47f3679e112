with __dbt__cte__base as (

select 1 as id
),  __dbt__cte__middle as (

with doubled as (select id * 2 as id from __dbt__cte__base)
select * from doubled
) -- a remark first
select * from __dbt__cte__middle union all select * from __dbt__cte__base