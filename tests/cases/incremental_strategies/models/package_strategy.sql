{{ config(incremental_strategy='newest_only') }}
select id, region, status, amount from {{ ref('raw') }}
