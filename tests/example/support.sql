-- Tickets by priority and month, and the share answered within the hours that we promise.
-- = landed
select
    priority,
    cast(date_trunc('month', created_at) as date),
    count(*),
    round(avg(case
        when first_replied_at - created_at <= to_hours(map {'urgent': 2, 'high': 8, 'normal': 24, 'low': 48}[priority]) then 1.0
        when first_replied_at is not null then 0.0
        when day_after() - created_at > to_hours(map {'urgent': 2, 'high': 8, 'normal': 24, 'low': 48}[priority]) then 0.0
    end), 4)
from ticket
group by all
-- = built
select priority, cast(date_trunc('month', created_at) as date), count(*), round(avg(is_reply_in_time::int), 4)
from marts.fct_support_tickets
group by all
