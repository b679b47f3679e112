select * from {{ ref('nothing') }}
