{{ config(materialized='table') }}
select id, price, dbt_valid_from, dbt_valid_to from {{ ref('price_history') }}
