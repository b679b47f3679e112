{{ config(materialized='incremental', incremental_strategy='merge', unique_key='ident') }}
select id, status from {{ ref('raw') }}
