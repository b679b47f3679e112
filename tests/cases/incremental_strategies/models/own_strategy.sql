{{ config(incremental_strategy='insert_missing', unique_key='id') }}
select id, region, status, amount from {{ ref('raw') }}
