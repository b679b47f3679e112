select id, lower(email) as email, name, age from {{ source('raw', 'users') }}
