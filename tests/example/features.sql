-- What was used how often, and by how many people who said who they are, on each day.
-- = landed
select catalogue.feature, cast(moment as date), count(*), count(distinct user_id)
from event
inner join catalogue on catalogue.event_name = event.name and is_activity
where server_id not in (select server_id from internal) and moment < day_after()
group by all
-- = built
select feature, activity_date, events, users from marts.fct_feature_usage_daily
