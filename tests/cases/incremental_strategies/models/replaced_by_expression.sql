{{ config(incremental_strategy='delete+insert', unique_key='lower(status)') }}
select id, region, status, amount from {{ ref('raw') }}
