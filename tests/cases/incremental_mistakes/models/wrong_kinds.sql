{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', merge_update_columns='status', merge_update_condition=['id > 1'], merge_clauses={'when_matched': [], 'when_not_matched': {}}) }}
select id, status from {{ ref('raw') }}
