{{ config(materialized='ephemeral') }}

-- The first time each person reached each step on the way from visitor to buyer.
with identities as (

    select * from {{ ref('int_identity_map') }}

),

reached as (

    select
        identities.user_id,
        'visited_site' as step,
        sessions.started_at as reached_at
    from {{ ref('int_page_sessions') }} as sessions
    inner join identities using (anonymous_id)

    union all

    select
        coalesce(events.user_id, identities.user_id) as user_id,
        case events.event_name
            when 'signup_completed' then 'signed_up'
            when 'message_posted' then 'posted_message'
            when 'invite_sent' then 'invited_colleague'
            when 'trial_requested' then 'requested_trial'
        end as step,
        events.event_at as reached_at
    from {{ ref('int_events_unioned') }} as events
    left join identities using (anonymous_id)
    where events.event_name in ('signup_completed', 'message_posted', 'invite_sent', 'trial_requested')

)

select
    user_id,
    step,
    case step
        when 'visited_site' then 1
        when 'signed_up' then 2
        when 'posted_message' then 3
        when 'invited_colleague' then 4
        when 'requested_trial' then 5
    end as step_number,
    min(reached_at) as reached_at
from reached
where user_id is not null
group by user_id, step
