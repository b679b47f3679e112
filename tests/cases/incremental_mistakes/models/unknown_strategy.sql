{{ config(materialized='incremental', incremental_strategy='merg', unique_key='id') }}
select id, status from {{ ref('raw') }}
