with own as (select * from {{ ref('middle') }})
select * from own
