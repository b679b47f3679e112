{{ config(materialized='table', database='other', schema='marts') }}

select id, upper(name) as name from {{ source('lookups', 'kinds') }}
