select email, phone from {{ source('raw', 'users') }} union all select email, phone from {{ source('raw', 'staff') }}
