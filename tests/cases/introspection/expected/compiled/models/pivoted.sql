

  

select

    sum(case when kind = 'x' then n end) as x,

    sum(case when kind = 'y' then n end) as y

from "shop"."main"."a_source"
-- columns: kind, n