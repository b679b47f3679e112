-- Net revenue retention at each month's end: what those who paid a year before pay now, over what they paid then.
-- = landed
select
    cast(date_trunc('month', now.day) as date),
    round(sum(now.arr) / sum(past.arr), 4)
from (select day, account, sum(arr) as arr from balance group by all) as now
inner join (select day, account, sum(arr) as arr from balance group by all) as past
    on past.account = now.account and past.day = cast(now.day - interval 1 year as date)
where now.day = last_day(now.day) and now.day >= date '2025-02-28' and past.arr > 0
group by now.day
-- = built
select month_start, net_revenue_retention from reports.rpt_exec_kpis
