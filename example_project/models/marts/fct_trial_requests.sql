{{ config(group='growth') }}

-- Each request for a trial: who asked, what brought them, what they used before, and whether the company pays today.
with requests as (

    select * from {{ ref('int_events_unioned') }}
    where event_name = 'trial_requested'

),

identities as (

    select
        user_id,
        arg_min(email_hash, received_at) as email_hash,
        arg_min(email_domain, received_at) as email_domain
    from {{ ref('stg_web__identifies') }}
    group by user_id

),

leads as (

    select
        email_hash,
        arg_max(lead_sfid, modified_at) as lead_sfid,
        arg_max(lead_status, modified_at) as lead_status
    from {{ ref('stg_crm__leads') }}
    group by email_hash

),

touches as (

    select
        requests.event_id,
        arg_min(sessions.channel, sessions.started_at) as first_channel,
        arg_max(sessions.channel, sessions.started_at) as last_channel
    from requests
    inner join {{ ref('int_page_sessions') }} as sessions
        on requests.anonymous_id = sessions.anonymous_id and sessions.started_at < requests.event_at
    group by requests.event_id

),

features as (

    select
        trial_event_id as event_id,
        count(*) as features_used_before,
        arg_max(feature, (uses, feature)) as top_feature_before
    from {{ ref('int_feature_attribution') }}
    group by trial_event_id

),

paying as (

    select
        account_sfid,
        min(valid_from) filter (is_paying) as first_paid_on,
        bool_or(is_paying and is_current) as is_paying
    from {{ ref('int_account_subscriptions') }}
    group by account_sfid

)

select
    requests.event_id as trial_request_id,
    requests.user_id,
    requests.server_id,
    servers.account_sfid,
    requests.event_at as requested_at,
    requests.requested_plan,
    requests.requested_seats,
    identities.email_hash,
    coalesce(identities.email_domain in (select domain from {{ ref('blocked_email_domains') }}), false) as has_blocked_domain,
    coalesce(touches.first_channel, 'Unknown') as first_channel,
    coalesce(touches.last_channel, 'Unknown') as last_channel,
    coalesce(features.features_used_before, 0) as features_used_before,
    features.top_feature_before,
    leads.lead_sfid,
    leads.lead_status,
    paying.first_paid_on,
    coalesce(paying.is_paying, false) as is_paying_account
from requests
left join {{ ref('dim_servers') }} as servers using (server_id)
left join identities on requests.user_id = identities.user_id
left join leads on identities.email_hash = leads.email_hash
left join touches on requests.event_id = touches.event_id
left join features on requests.event_id = features.event_id
left join paying on servers.account_sfid = paying.account_sfid
where not coalesce(servers.is_internal, false)
