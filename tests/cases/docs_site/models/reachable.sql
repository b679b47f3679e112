select address from {{ ref('contacts') }}
