{{ config(materialized='incremental', unique_key='id', on_schema_change='fail') }}
select id, id * 10.5::{{ var('amount', 'integer') }} as amount{{ var('more', '') }} from {{ ref('raw') }}
