{{ config(materialized='incremental', unique_key='ident') }}
select id, status from {{ ref('raw') }}
