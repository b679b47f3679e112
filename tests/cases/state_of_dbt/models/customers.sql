{{ config(materialized='table', alias='clients') }}
select 1 as id, 'Ann' as name
