{{ config(materialized='incremental', incremental_strategy='merge') }}
select id, status from {{ ref('raw') }}
