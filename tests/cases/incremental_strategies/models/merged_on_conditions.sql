{{ config(incremental_strategy='merge', unique_key='id', merge_update_condition='DBT_INTERNAL_SOURCE.amount > DBT_INTERNAL_DEST.amount', merge_insert_condition='DBT_INTERNAL_SOURCE.amount > 55') }}
select id, region, status, amount from {{ ref('raw') }}
