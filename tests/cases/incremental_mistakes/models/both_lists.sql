{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', merge_update_columns=['status'], merge_exclude_columns=['id']) }}
select id, status from {{ ref('raw') }}
