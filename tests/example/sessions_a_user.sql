-- How many people came how often before they signed up, and how often on average.
-- = landed
with signed_up as (
    select coalesce(event.user_id, owner.user_id) as person, min(moment) as moment
    from event left join owner using (device)
    where name = 'signup_completed'
    group by person
),
visit as (
    select owner.user_id as person, page.moment
    from page
    inner join owner using (device)
    where not exists (
        from page as other where other.device = page.device and other.moment >= page.moment - interval 30 minute
            and (other.moment, other.id) < (page.moment, page.id)
    )
),
counted as (
    select signed_up.person, count(visit.moment) as visits
    from signed_up left join visit on visit.person = signed_up.person and visit.moment < signed_up.moment
    group by signed_up.person
)
select visits, count(*), (select round(avg(visits), 4) from counted) from counted group by visits
-- = built
select
    sessions_before_signup,
    count(*),
    (select round(avg(sessions_before_signup), 4) from marts.fct_user_journeys where signed_up_at is not null)
from marts.fct_user_journeys
where signed_up_at is not null
group by sessions_before_signup
