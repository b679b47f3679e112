{{ config(materialized='external') }}

select * from {{ ref('items') }} where false
