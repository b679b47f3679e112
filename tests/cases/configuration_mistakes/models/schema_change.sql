{{ config(materialized='incremental', on_schema_change=true) }}
select 1 as id
