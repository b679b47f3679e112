{{ config(event_time='happened_at', begin='2024-01-01', batch_size='day', concurrent_batches='yes') }}
select * from {{ ref('raw') }}
