select c.name, sum(o.cents) as cents
from {{ ref('orders') }} as o
join {{ ref('countries') }} as c using (code)
where true {{ below_ceiling('cents') }}
group by 1
