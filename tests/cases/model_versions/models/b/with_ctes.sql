select * from {{ ref('eph2') }} join {{ ref('pub') }} using (id)
