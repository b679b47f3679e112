with landed as (

    select json from {{ source('events_web', 'pages') }}

),

typed as (

    select
        json ->> '$.id' as event_id,
        json ->> '$.anonymous_id' as anonymous_id,
        json ->> '$.path' as page_path,
        json ->> '$.referrer' as referrer,
        json ->> '$.utm_source' as utm_source,
        json ->> '$.utm_medium' as utm_medium,
        json ->> '$.utm_campaign' as utm_campaign,
        {{ event_time() }} as event_at,
        try_cast(json ->> '$.received_at' as timestamp) as received_at
    from landed

)

{{ first_arrivals('typed') }}
