with activity as (

    select activity.*
    from {{ ref('int_server_activity_daily') }} as activity
    where activity.server_id not in (select server_id from {{ ref('internal_servers') }})

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
    count_if(activity.has_report) as reporting_servers,
    coalesce(sum(activity.registered_users), 0) as registered_users,
    coalesce(sum(activity.active_users), 0) as active_users,
    coalesce(sum(activity.posts), 0) as posts,
    count_if(starts_with(activity.server_version, current_release.version || '.')) as servers_on_current_release
from activity
inner join current_release on activity.activity_date = current_release.date_day
group by activity.activity_date, activity.edition
