{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='updated_at', batch_size='day',
   begin='2024-01-01', lookback=0) }}
select * from {{ ref('orders') }}
