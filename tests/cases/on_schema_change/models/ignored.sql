{{ config(materialized='incremental', unique_key='id', on_schema_change='ignore') }}
select {{ var('columns', 'id, name') }} from {{ ref('raw') }}
