with landed as (

    select json from {{ source('events_server', 'tracks') }}

),

typed as (

    select
        {{ event_envelope('server') }},
        {{ event_property('server_id') }} as server_id,
        {{ event_property('version') }} as server_version,
        {{ event_property('from_version') }} as upgraded_from,
        {{ event_property('edition') }} as edition,
        {{ event_property('plugin') }} as plugin
    from landed

),

deduplicated as (

    {{ first_arrivals('typed') }}

)

select * from deduplicated
where event_name is not null
