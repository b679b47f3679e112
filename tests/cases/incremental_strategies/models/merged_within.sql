{{ config(incremental_strategy='merge', unique_key='id', incremental_predicates=['DBT_INTERNAL_DEST.id > 1']) }}
select id, region, status, amount from {{ ref('raw') }}
