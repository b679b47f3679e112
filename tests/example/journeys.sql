-- The funnel: how many people ever took each step, and how far they got.
-- = landed
with taken as (
    select distinct coalesce(event.user_id, owner.user_id) as person,
        map {'signup_completed': 2, 'message_posted': 3, 'invite_sent': 4, 'trial_requested': 5}[name] as step
    from event left join owner using (device)
    where name in ('signup_completed', 'message_posted', 'invite_sent', 'trial_requested')
    union
    select owner.user_id, 1 from page inner join owner using (device)
)
select
    furthest,
    count(*),
    sum(steps)
from (select person, max(step) as furthest, count(*) as steps from taken where person is not null group by person)
group by furthest
-- = built
select
    list_position(['visited_site', 'signed_up', 'posted_message', 'invited_colleague', 'requested_trial'], furthest_step),
    count(*),
    sum(steps_reached)
from marts.fct_user_journeys
group by furthest_step
