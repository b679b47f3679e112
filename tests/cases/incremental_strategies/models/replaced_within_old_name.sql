{{ config(incremental_strategy='delete+insert', unique_key="id", predicates=['DBT_INTERNAL_DEST.id < 3']) }}
select id, region, status, amount from {{ ref('raw') }}
