-- The credit for trials that each feature earned in the fourteen days before them.
-- = landed
with used as (
    select distinct trial.id, catalogue.feature
    from event as trial
    inner join event as use on use.server_id = trial.server_id and use.moment < trial.moment and use.moment >= trial.moment - interval 14 day
    inner join catalogue on catalogue.event_name = use.name and catalogue.is_activity
    where trial.name = 'trial_requested' and trial.server_id not in (select server_id from internal)
)
select id, count(*) from used group by id
-- = built
select trial_request_id, features_used_before from marts.fct_trial_requests where features_used_before > 0
