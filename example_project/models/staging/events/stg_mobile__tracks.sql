with landed as (

    select json from {{ source('events_mobile', 'tracks') }}

),

typed as (

    select
        {{ event_envelope('mobile') }},
        {{ event_property('server_id') }} as server_id,
        {{ event_property('channel_type') }} as channel_type,
        json ->> '$.context_user_agent' as user_agent
    from landed

),

deduplicated as (

    {{ first_arrivals('typed') }}

)

select * from deduplicated
where event_name is not null
