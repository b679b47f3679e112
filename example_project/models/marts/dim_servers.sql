select
    servers.server_id,
    servers.account_sfid,
    servers.edition,
    servers.server_version,
    releases.version as release,
    coalesce(releases.supported_until >= {{ as_of() }}, false) as is_supported_release,
    servers.registered_users,
    servers.licensed_plan,
    servers.licensed_seats,
    servers.licensed_until,
    coalesce(servers.licensed_until >= {{ as_of() }}, false) as is_licensed,
    servers.is_internal,
    servers.first_seen_date,
    servers.last_seen_date,
    servers.days_seen,
    servers.last_seen_date >= {{ as_of() }} - 7 as is_active
from {{ ref('int_server_summary') }} as servers
left join {{ ref('release_calendar') }} as releases
    on releases.version = regexp_extract(servers.server_version, '^\d+\.\d+')
