select email, upper(state) as state from {{ source('crm', 'accounts') }}
