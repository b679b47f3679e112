{{ config(materialized='table') }}
select 1 as id, 'a' as status union all select 2, 'b' union all select 2, null union all select null, 'zz'
