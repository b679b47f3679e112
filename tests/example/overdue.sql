-- What companies should have paid by the last day and have not, and how many tickets of theirs are open.
-- = landed
with account as (select distinct sfid from read_csv('data/landing/crm/account.csv')),
owed as (
    select metadata.account_sfid as sfid, sum(amount_due - amount_paid) / 100 as amount
    from read_json('data/landing/billing/invoices.ndjson', format = 'newline_delimited')
    where status = 'open' and make_timestamp(due_date * 1000000) < timestamp '2025-06-30'
    group by all
),
open as (
    select person.account_sfid as sfid, count(*) as tickets
    from ticket inner join read_csv('data/landing/helpdesk/users.csv') as person on person.id = ticket.requester_id
    where ticket.status <> 'solved'
    group by all
)
select sfid, coalesce(owed.amount, 0)::decimal(14, 2), coalesce(open.tickets, 0)
from account left join owed using (sfid) left join open using (sfid)
where owed.amount > 0 or open.tickets > 0
-- = built
select account_sfid, overdue_amount, open_tickets from marts.customer_360 where overdue_amount > 0 or open_tickets > 0
