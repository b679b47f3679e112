{{ config(materialized='table') }}
select * from {{ ref('table_model') }}
