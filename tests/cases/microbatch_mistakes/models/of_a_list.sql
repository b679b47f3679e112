{{ config(event_time='a', begin='2024-01-01', batch_size='day') }} select * from {{ ref('timed_by_list') }}
