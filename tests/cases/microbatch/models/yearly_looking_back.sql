{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='year',
          event_time='happened_at', begin='2020-01-01', lookback=1000) }}
select id, value, happened_at from {{ ref('raw_events') }}
