{{ config(materialized='incremental', incremental_strategy='newest_only') }}
select id, status from {{ ref('shop', 'raw') }}
