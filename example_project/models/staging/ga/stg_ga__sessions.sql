select
    cast(date as date) as date_day,
    channel_grouping as channel,
    cast(sessions as integer) as sessions,
    cast(users as integer) as users,
    cast(bounces as integer) as bounces,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ source('web_analytics', 'sessions') }}
where {{ known_by_now('cast(_sdc_batched_at as timestamp)') }}
