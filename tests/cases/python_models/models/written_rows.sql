{{ config(materialized='table') }}

select * from {{ ref('written') }}
