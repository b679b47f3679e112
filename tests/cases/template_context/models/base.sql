{{ config(materialized='table', tags=['x'], meta={'k': 1}, alias='base_t') }}
select id, name, price from {{ ref('items') }}
