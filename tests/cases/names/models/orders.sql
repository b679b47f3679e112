{{ config(schema='marts', materialized='table') }}
select '{{ this }}' as relation
