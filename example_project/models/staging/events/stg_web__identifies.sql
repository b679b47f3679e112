with landed as (

    select json from {{ source('events_web', 'identifies') }}

),

typed as (

    {{ identify_fields() }}

)

{{ first_arrivals('typed') }}
