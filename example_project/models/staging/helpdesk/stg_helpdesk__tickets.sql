-- The loader appends a row whenever a ticket changes; the highest sequence is the ticket as it stands.
with landed as (

    select * from {{ source('helpdesk', 'tickets') }}
    where {{ known_by_now('_sdc_batched_at') }}

),

latest as (

    select * from landed
    qualify row_number() over (partition by id order by _sdc_sequence desc) = 1

),

requesters as (

    select
        id as requester_id,
        {{ hash_pii('email') }} as requester_email_hash,
        account_sfid
    from {{ source('helpdesk', 'users') }}

)

select
    latest.id as ticket_id,
    requesters.account_sfid,
    requesters.requester_email_hash,
    latest.subject,
    latest.priority,
    latest.status,
    latest.tags[1] as product_area,
    latest.created_at,
    latest.first_replied_at,
    latest.solved_at,
    latest.satisfaction,
    latest.updated_at,
    latest._sdc_batched_at as loaded_at
from latest
left join requesters using (requester_id)
