-- Servers heard of on each day, by report or by event, without our own.
-- = landed
select day, count(distinct server_id)
from (
    select server_id, report_date as day
    from read_parquet('data/landing/lake/server_diagnostics.parquet') where received_at < day_after()
    union all
    select server_id, cast(moment as date) from event where stream = 'server' and moment < day_after()
)
where server_id not in (select server_id from internal)
group by day
-- = built
select date_day, sum(active_servers) from marts.fct_active_servers group by date_day
