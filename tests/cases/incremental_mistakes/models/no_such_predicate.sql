{{ config(materialized='incremental', unique_key='id', incremental_predicates=['ids > 3']) }}
select id, status from {{ ref('raw') }}
