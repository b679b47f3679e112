{{ config(materialized='ephemeral') }}
with doubled as (select id * 2 as id from {{ ref('base') }})
select * from doubled
