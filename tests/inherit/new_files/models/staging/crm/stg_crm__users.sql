select id, at from {{ source('crm', 'users') }}
