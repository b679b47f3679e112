{{
    config(
        materialized='incremental',
        incremental_strategy='microbatch',
        event_time='arrived_on',
        batch_size='month',
        begin='2025-02-01',
        lookback=months_since_as_of() + 1
    )
}}

-- How events reach us. A batch a month; the last two months up to `as_of` are done anew each time.
select
    cast(received_at as date) as arrived_on,
    platform,
    count(*) as events,
    count(*) filter (received_at > event_at + interval 1 hour) as late_events,
    count(*) filter (received_at > event_at + interval 1 day) as very_late_events,
    round(quantile_cont(epoch(received_at) - epoch(event_at), 0.5), 3) as median_delay_seconds
from {{ ref('int_events_unioned') }}
group by all
