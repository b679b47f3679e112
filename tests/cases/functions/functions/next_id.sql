select max(id) + n from {{ ref('ids') }}
