{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['activity_date', 'feature'],
        merge_update_columns=['users', 'events', 'last_received_at']
    )
}}

-- first_received_at is not among the updated columns: it stays as it was when the day was first loaded.
with usage as (

    select
        events.event_date as activity_date,
        catalogue.feature,
        catalogue.feature_area,
        events.user_id,
        events.received_at
    from {{ ref('int_events_unioned') }} as events
    inner join {{ ref('event_catalogue') }} as catalogue
        on events.event_name = catalogue.event_name and catalogue.is_activity
    where
        events.event_date <= {{ as_of() }}
        and events.server_id not in (select server_id from {{ ref('internal_servers') }})

)

select
    activity_date,
    feature,
    any_value(feature_area) as feature_area,
    count(distinct user_id) as users,
    count(*) as events,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at
from usage
group by activity_date, feature
{% if is_incremental() %}
having max(received_at) >= (select max(last_received_at) from {{ this }})
{% endif %}
