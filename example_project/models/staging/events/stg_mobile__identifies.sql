with landed as (

    select json from {{ source('events_mobile', 'identifies') }}

),

typed as (

    {{ identify_fields() }}

)

{{ first_arrivals('typed') }}
