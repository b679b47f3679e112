{{ config(materialized='table') }}
select 'x' as kind, 1 as n union all select 'y', 2
