select * from {{ source('raw','t1') }} where false
