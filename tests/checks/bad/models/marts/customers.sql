{{ config(materialized='view') }}
select id from {{ ref('dim_contacts') }}
