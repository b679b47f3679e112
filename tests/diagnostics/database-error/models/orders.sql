{{ config(materialized='table') }}
select
    cast('twelve' as integer) as id
