{{ config(incremental_strategy='append') }}
select id, region, status, amount from {{ ref('raw') }}
