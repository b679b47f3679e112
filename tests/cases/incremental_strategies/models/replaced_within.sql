{{ config(incremental_strategy='delete+insert', unique_key='id', incremental_predicates=['id < 3', "status = 'placed'"]) }}
select id, region, status, amount from {{ ref('raw') }}
