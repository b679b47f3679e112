{{ config(materialized='ephemeral') }}

-- One row a server: when it was first and last seen, what it runs, whose it is.
with activity as (

    select
        server_id,
        min(activity_date) as first_seen_date,
        max(activity_date) as last_seen_date,
        count(*) as days_seen,
        arg_max(server_version, activity_date) as server_version,
        arg_max(edition, activity_date) as edition,
        arg_max(registered_users, activity_date) as registered_users
    from {{ ref('int_server_activity_daily') }}
    group by server_id

),

owners as (

    select server_id, min(account_sfid) as account_sfid
    from {{ ref('stg_crm__accounts') }}
    where is_current and server_id is not null
    group by server_id

),

licences as (

    select
        server_id,
        arg_max(plan, issued_at) as licensed_plan,
        arg_max(seats, issued_at) as licensed_seats,
        max(expires_on) as licensed_until
    from {{ ref('stg_lake__licenses') }}
    where not is_trial
    group by server_id

)

select
    activity.*,
    owners.account_sfid,
    licences.licensed_plan,
    licences.licensed_seats,
    licences.licensed_until,
    internal.server_id is not null as is_internal
from activity
left join owners using (server_id)
left join licences using (server_id)
left join {{ ref('internal_servers') }} as internal using (server_id)
