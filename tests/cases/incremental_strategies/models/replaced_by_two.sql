{{ config(incremental_strategy='delete+insert', unique_key=['id', 'region']) }}
select id, region, status, amount from {{ ref('raw') }}
