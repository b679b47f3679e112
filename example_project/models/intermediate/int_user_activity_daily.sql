{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='activity_date'
    )
}}

with events as (

    select
        events.event_id,
        events.event_date as activity_date,
        coalesce(events.user_id, identities.user_id) as user_id,
        events.server_id,
        events.event_at,
        events.platform,
        catalogue.feature,
        -- when both the event and the person behind it were known
        greatest(events.received_at, coalesce(
            case when events.user_id is null then identities.identified_at end, events.received_at
        )) as known_at
    from {{ ref('int_events_unioned') }} as events
    inner join {{ ref('event_catalogue') }} as catalogue
        on events.event_name = catalogue.event_name and catalogue.is_activity
    left join {{ ref('int_identity_map') }} as identities
        on events.anonymous_id = identities.anonymous_id
    where
        coalesce(events.user_id, identities.user_id) is not null
        and events.event_date <= {{ as_of() }}
        and events.server_id not in (select server_id from {{ ref('internal_servers') }})

)

select
    user_id,
    activity_date,
    arg_max(server_id, (event_at, event_id)) as server_id,
    count(*) as events,
    count(*) filter (platform = 'web') as web_events,
    count(*) filter (platform = 'mobile') as mobile_events,
    count(distinct feature) as features_used,
    max(known_at) as last_known_at
from events
{% if is_incremental() %}
-- Each day that something new was learnt about is rebuilt whole, however long ago it was.
where activity_date in (
    select activity_date from events
    where known_at >= (select max(last_known_at) from {{ this }})
)
{% endif %}
group by user_id, activity_date
