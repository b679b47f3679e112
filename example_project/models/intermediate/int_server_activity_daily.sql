{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['server_id', 'activity_date']
    )
}}

-- A server is seen on a day if it sent its daily report or any event of its own.
with reports as (

    select
        server_id,
        report_date as activity_date,
        server_version,
        edition,
        registered_users,
        active_users,
        posts,
        received_at
    from {{ ref('stg_lake__server_diagnostics') }}

),

signals as (

    select
        server_id,
        event_date as activity_date,
        arg_max(server_version, event_at) as server_version,
        arg_max(edition, event_at) as edition,
        count(*) as events,
        max(received_at) as received_at
    from {{ ref('int_events_unioned') }}
    where platform = 'server' and event_date <= {{ as_of() }}
    group by server_id, event_date

),

days as (

    select
        server_id,
        activity_date,
        coalesce(reports.server_version, signals.server_version) as server_version,
        coalesce(reports.edition, signals.edition) as edition,
        reports.registered_users,
        reports.active_users,
        reports.posts,
        coalesce(signals.events, 0) as events,
        reports.server_id is not null as has_report,
        greatest(
            coalesce(reports.received_at, signals.received_at),
            coalesce(signals.received_at, reports.received_at)
        ) as last_received_at
    from reports
    full outer join signals using (server_id, activity_date)

)

select * from days
{% if is_incremental() %}
where last_received_at >= (select max(last_received_at) from {{ this }})
{% endif %}
