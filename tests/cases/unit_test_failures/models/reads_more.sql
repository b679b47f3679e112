select up.id from {{ ref('up') }} up join {{ ref('m') }} m using (id)
