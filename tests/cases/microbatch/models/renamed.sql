{{ config(materialized='ephemeral', event_time='happened_at') }}
select id, value, happened_at from {{ ref('raw_events') }}
