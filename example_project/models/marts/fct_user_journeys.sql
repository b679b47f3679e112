{{ config(group='growth') }}

-- One row a person: when each step was first reached, and how far they got.
with steps as (

    select
        user_id,
        min(reached_at) filter (step = 'visited_site') as visited_site_at,
        min(reached_at) filter (step = 'signed_up') as signed_up_at,
        min(reached_at) filter (step = 'posted_message') as posted_message_at,
        min(reached_at) filter (step = 'invited_colleague') as invited_colleague_at,
        min(reached_at) filter (step = 'requested_trial') as requested_trial_at,
        arg_max(step, step_number) as furthest_step,
        count(*) as steps_reached
    from {{ ref('int_user_journey_steps') }}
    group by user_id

),

first_touch as (

    select
        identities.user_id,
        arg_min(sessions.channel, sessions.started_at) as first_channel,
        count(*) as sessions_before_signup
    from {{ ref('int_page_sessions') }} as sessions
    inner join {{ ref('int_identity_map') }} as identities using (anonymous_id)
    inner join steps on identities.user_id = steps.user_id and sessions.started_at < steps.signed_up_at
    group by identities.user_id

)

select
    steps.*,
    coalesce(first_touch.first_channel, 'Unknown') as first_channel,
    coalesce(first_touch.sessions_before_signup, 0) as sessions_before_signup,
    {{ hours_between('steps.signed_up_at', 'steps.posted_message_at') }} as hours_to_first_message,
    {{ hours_between('steps.signed_up_at', 'steps.invited_colleague_at') }} as hours_to_first_invite
from steps
left join first_touch using (user_id)
