-- Trials asked for, by plan, and how many of them came from companies that pay today.
-- = landed
with account as (
    select server_id, sfid
    from read_csv('data/landing/crm/account.csv') as version
    where server_id is not null and not exists (
        from read_csv('data/landing/crm/account.csv') as later
        where later.sfid = version.sfid and later.systemmodstamp > version.systemmodstamp
    )
),
paying as (
    select account from balance where day = (select max(day) from calendar) group by account having sum(arr) > 0
)
select count(*), count(paying.account), round(count(paying.account) / count(*), 4)
from event
left join account using (server_id)
left join paying on paying.account = account.sfid
where event.name = 'trial_requested' and event.server_id not in (select server_id from internal)
-- = built
select count(*), count(*) filter (is_paying_account), round(avg(is_paying_account::int), 4) from marts.fct_trial_requests
