with activity as (

    select
        activity.* exclude (edition),
        -- a day known only from a small event does not say which edition runs
        coalesce(activity.edition, servers.edition) as edition
    from {{ ref('int_server_activity_daily') }} as activity
    inner join {{ ref('dim_servers') }} as servers using (server_id)
    where not servers.is_internal

),

current_release as (

    select
        dates.date_day,
        max_by(releases.version, releases.released_on) as version
    from {{ ref('dim_date') }} as dates
    inner join {{ ref('release_calendar') }} as releases on releases.released_on <= dates.date_day
    group by dates.date_day

)

select
    activity.activity_date as date_day,
    activity.edition,
    count(*) as active_servers,
    count(*) filter (activity.has_report) as reporting_servers,
    cast(coalesce(sum(activity.registered_users), 0) as bigint) as registered_users,
    cast(coalesce(sum(activity.active_users), 0) as bigint) as active_users,
    cast(coalesce(sum(activity.posts), 0) as bigint) as posts,
    count(*) filter (starts_with(activity.server_version, current_release.version || '.')) as servers_on_current_release
from activity
inner join current_release on activity.activity_date = current_release.date_day
group by activity.activity_date, activity.edition
