{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='year',
          event_time='happened_at', begin='2020-01-01', concurrent_batches=false) }}
select id, value, happened_at, extract(year from happened_at) as year from {{ ref('raw_events') }}
