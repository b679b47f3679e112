{{ config(incremental_strategy='merge', unique_key='id') }}
select id, region, status, amount from {{ ref('raw') }}
