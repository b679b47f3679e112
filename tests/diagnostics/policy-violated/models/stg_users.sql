select lower(email) as contact from {{ source('raw', 'users') }}
