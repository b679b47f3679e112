{{ config(incremental_strategy='append', full_refresh=false) }}
select id, region, status, amount from {{ ref('raw') }}
