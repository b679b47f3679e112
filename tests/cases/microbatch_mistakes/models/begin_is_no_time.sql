{{ config(event_time='happened_at', begin='yesterday', batch_size='day') }}
select * from {{ ref('raw') }}
