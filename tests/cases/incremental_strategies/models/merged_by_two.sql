{{ config(incremental_strategy='merge', unique_key=['id', 'region']) }}
select id, region, status, amount from {{ ref('raw') }}
