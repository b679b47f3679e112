{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='hour',
          event_time='happened_at', begin='2024-01-01T00:30:00', full_refresh=true) }}
select id, happened_at, '{{ model.batch.id }}' as batch from {{ source('landing', 'events') }}
