{{ config(event_time='happened_at', begin='2024-01-01') }}
select * from {{ ref('raw') }}
