{{ config(incremental_strategy='delete+insert', unique_key=['id', 'status'], incremental_predicates=['DBT_INCREMENTAL_TARGET.id < 3']) }}
select id, region, status, amount from {{ ref('raw') }}
