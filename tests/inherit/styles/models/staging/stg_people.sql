select id, email, name, country from {{ source('raw', 'users') }}
