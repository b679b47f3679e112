{{ config(incremental_strategy='merge', merge_on_using_columns=['id', 'region']) }}
select id, region, status, amount from {{ ref('raw') }}
