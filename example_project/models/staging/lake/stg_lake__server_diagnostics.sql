select
    server_id,
    report_date,
    version as server_version,
    edition,
    registered_users,
    active_users,
    posts,
    cpu_percent,
    database_engine,
    received_at
from {{ source('lake', 'server_diagnostics') }}
where {{ known_by_now('received_at') }}
