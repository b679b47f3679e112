-- Tickets with the first reply we promised for their priority, and whether it was kept.
with promises (priority, promised_hours) as (

    values ('urgent', 2), ('high', 8), ('normal', 24), ('low', 48)

)

select
    tickets.ticket_id,
    tickets.account_sfid,
    tickets.priority,
    tickets.status,
    tickets.product_area,
    tickets.created_at,
    tickets.first_replied_at,
    tickets.solved_at,
    {{ hours_between('tickets.created_at', 'tickets.first_replied_at') }} as hours_to_first_reply,
    {{ hours_between('tickets.created_at', 'tickets.solved_at') }} as hours_to_solution,
    promises.promised_hours,
    -- a ticket still waiting within its promise is neither kept nor broken
    case
        when tickets.first_replied_at is not null then hours_to_first_reply <= promises.promised_hours
        when {{ as_of() }} + interval 1 day > tickets.created_at + to_hours(promises.promised_hours) then false
    end as is_reply_in_time,
    tickets.satisfaction = 'good' as is_satisfied
from {{ ref('stg_helpdesk__tickets') }} as tickets
inner join promises using (priority)
