{{ config(incremental_strategy='delete+insert', unique_key='region') }}
select id, region, status, amount from {{ ref('raw') }}
