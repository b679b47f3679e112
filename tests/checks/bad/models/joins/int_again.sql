select id from {{ ref('stg_contacts') }} join {{ ref('int_between') }} using (id)
