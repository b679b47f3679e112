{{ config(unique_key='id') }}
select id, region, status, amount from {{ ref('raw') }}
