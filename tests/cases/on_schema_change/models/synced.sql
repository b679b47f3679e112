{{ config(materialized='incremental', unique_key='id', on_schema_change='sync_all_columns') }}
select {{ var('columns', 'id, name') }} from {{ ref('raw') }}
