select * from {{ ref('a', v=3) }} join {{ ref('secret') }} using (id) join {{ ref('prot') }} using (id)
