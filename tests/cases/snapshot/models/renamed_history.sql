select id, price, begins, case when ends > '2024-06-01' then 'now' else ends::varchar end as ends, gone
from {{ ref('renamed') }}
where begins < '2024-06-01'
