-- Which features go with coming back? For each feature tried in a person's first week: the share of those
-- people still active in their fourth week, against the share of people who had not tried it.
with people as (

    select user_id, first_active_date, is_active_7d as is_back
    from {{ ref('int_user_activity_spined') }}
    where date_day = first_active_date + 27

),

tried as (

    select distinct people.user_id, catalogue.feature
    from people
    inner join {{ ref('int_events_unioned') }} as events
        on events.user_id = people.user_id and events.event_date < people.first_active_date + 7
    inner join {{ ref('event_catalogue') }} as catalogue
        on events.event_name = catalogue.event_name and catalogue.is_activity

)

select
    features.feature,
    count(tried.user_id) as people_who_tried,
    round(avg(cast(people.is_back as integer)) filter (tried.user_id is not null), 3) as back_if_tried,
    round(avg(cast(people.is_back as integer)) filter (tried.user_id is null), 3) as back_if_not
from people
cross join (select distinct feature from tried) as features
left join tried on tried.user_id = people.user_id and tried.feature = features.feature
group by features.feature
order by back_if_tried - back_if_not desc nulls last
