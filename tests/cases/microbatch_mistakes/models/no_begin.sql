{{ config(event_time='happened_at', batch_size='day') }}
select * from {{ ref('raw') }}
