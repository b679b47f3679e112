with landed as (

    select json from {{ source('events_web', 'tracks') }}

),

typed as (

    select
        {{ event_envelope('web') }},
        {{ event_property('server_id') }} as server_id,
        {{ event_property('channel_type') }} as channel_type,
        {{ event_property('experiment') }} as experiment,
        {{ event_property('variant') }} as variant,
        {{ event_property('plan') }} as requested_plan,
        {{ event_property('seats', 'integer') }} as requested_seats,
        json ->> '$.context_user_agent' as user_agent
    from landed

),

deduplicated as (

    {{ first_arrivals('typed') }}

)

select * from deduplicated
where event_name is not null
