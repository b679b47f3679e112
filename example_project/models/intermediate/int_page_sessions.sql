{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='anonymous_id'
    )
}}

-- A late page view can join two sessions into one, so a visitor's sessions are rebuilt as a whole.
with pages as (

    select * from {{ ref('stg_web__pages') }}
    {% if is_incremental() %}
    where anonymous_id in (
        select anonymous_id from {{ ref('stg_web__pages') }}
        where received_at >= (select max(last_received_at) from {{ this }})
    )
    {% endif %}

),

gaps as (

    select
        *,
        lag(event_at) over visitor as previous_at,
        previous_at is null
            or event_at > previous_at + interval {{ var('session_timeout_minutes') }} minute as starts_session
    from pages
    window visitor as (partition by anonymous_id order by event_at, event_id)

),

numbered as (

    select
        *,
        count(*) filter (starts_session) over (
            partition by anonymous_id order by event_at, event_id
        ) as session_number
    from gaps

)

select
    anonymous_id || '-' || session_number as session_id,
    anonymous_id,
    session_number,
    min(event_at) as started_at,
    max(event_at) as ended_at,
    count(*) as page_views,
    count(*) = 1 as is_bounce,
    arg_min(page_path, (event_at, event_id)) as landing_path,
    arg_max(page_path, (event_at, event_id)) as exit_path,
    bool_or(page_path = '/signup') as reached_signup,
    arg_min(utm_campaign, (event_at, event_id)) as campaign,
    coalesce(
        {{ marketing_channel(
            "arg_min(coalesce(utm_source, ''), (event_at, event_id))",
            "arg_min(coalesce(utm_medium, ''), (event_at, event_id))"
        ) }},
        'Direct'
    ) as channel,
    max(received_at) as last_received_at
from numbered
group by anonymous_id, session_number
