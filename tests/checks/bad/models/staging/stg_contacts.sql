select id from {{ source('crm', 'contact') }}
