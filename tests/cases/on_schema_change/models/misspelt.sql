{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_columns') }}
select {{ var('more', '') and 'id, 1 as one' or 'id' }} from {{ ref('raw') }}
