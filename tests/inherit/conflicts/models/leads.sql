select email, state from {{ source('crm', 'leads') }}
