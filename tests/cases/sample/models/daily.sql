{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='day',
          event_time='happened_at', begin='2020-01-01') }}
select id, happened_at, '{{ model.batch.id }}' as batch from {{ ref('raw_events') }}
