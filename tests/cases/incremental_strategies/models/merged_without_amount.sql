{{ config(incremental_strategy='merge', unique_key='id', merge_exclude_columns=['amount']) }}
select id, region, status, amount from {{ ref('raw') }}
