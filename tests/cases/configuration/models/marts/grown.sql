{{ config(materialized='incremental', unique_key='id', batch_size='day') }}
select id, {{ is_incremental() }} as added from {{ ref('stg') }}
