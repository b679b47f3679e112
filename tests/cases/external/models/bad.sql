{{ config(materialized='external', format='xlsx', enabled=var('bad', false)) }}

select 1 as id
