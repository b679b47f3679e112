{{ config(incremental_strategy='append', full_refresh=true) }}
select id, region, status, amount from {{ ref('raw') }}
