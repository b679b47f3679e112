select id, email from {{ source('raw', 'users') }}
