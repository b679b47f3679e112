{{ config(materialized='ephemeral', group='growth', access='private') }}

-- Which features were in use before a server asked for a trial. Each trial has one credit, which the features
-- used on that server in the days before share in equal parts.
with requests as (

    select event_id as trial_event_id, server_id, event_at as requested_at
    from {{ ref('int_events_unioned') }}
    where event_name = 'trial_requested'

),

usage as (

    select
        requests.trial_event_id,
        requests.server_id,
        requests.requested_at,
        catalogue.feature,
        count(*) as uses
    from requests
    inner join {{ ref('int_events_unioned') }} as events
        on events.server_id = requests.server_id
        and events.event_at < requests.requested_at
        and events.event_at >= requests.requested_at - interval {{ var('journey_attribution_days') }} day
    inner join {{ ref('event_catalogue') }} as catalogue
        on events.event_name = catalogue.event_name and catalogue.is_activity
    group by all

)

select
    *,
    1.0 / count(*) over (partition by trial_event_id) as credit
from usage
