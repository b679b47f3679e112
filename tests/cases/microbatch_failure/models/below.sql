{{ config(materialized='view') }}
select * from {{ ref('partial') }}
