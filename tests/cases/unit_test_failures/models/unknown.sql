select id from {{ source('app', 'users') }}
