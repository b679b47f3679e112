select id, email, phone, last_name, address, salary, nick from {{ source('raw', 'users') }}
