select id, address from {{ ref('stg_users') }}
