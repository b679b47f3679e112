{{ config(materialized='incremental', unique_key=['id', 'kind']) }}
select id, status from {{ ref('raw') }}
