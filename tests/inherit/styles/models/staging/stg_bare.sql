select id, note from {{ source('raw', 'users') }}
