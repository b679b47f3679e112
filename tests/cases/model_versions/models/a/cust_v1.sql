{{ config(materialized='table' if target.name == 'prod' else 'view', tags=['x', var('lang')], meta={'k': var('lang')}, alias='cust_old') }}
select 1 as id, 'a' as name
