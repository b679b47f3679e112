{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }}
select id, status from {{ ref('raw') }}
