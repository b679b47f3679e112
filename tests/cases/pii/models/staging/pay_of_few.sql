-- nine are too few, rows are no values, and either condition will do
select a.mean as of_nine, b.mean as of_rows, c.mean as of_either
from (select avg(salary) as mean from {{ ref('stg_users') }} having count(salary) > 8) as a,
    (select avg(salary) as mean from {{ ref('stg_users') }} having count(*) >= 10) as b,
    (select avg(salary) as mean from {{ ref('stg_users') }} having count(salary) >= 10 or count(*) > 3) as c
