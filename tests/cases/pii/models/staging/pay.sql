select
    network,
    avg(salary) as mean_salary,
    round(sum(salary), -3) as all_salaries,
    max(salary) as highest,
    avg(distinct salary) as mean_of_different,
    avg(salary) filter (where is_own) as mean_of_own,
    avg(salary * 2) as mean_of_others
from {{ ref('stg_users') }}
group by network
having count(*) > 1 and (count(salary) >= 10)
