select anything from {{ source('raw', 'events') }}
