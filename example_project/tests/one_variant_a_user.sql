-- Each person counts once in an experiment, so the sides add up to the people exposed.
with reported as (

    select experiment, sum(exposed_users) as users
    from {{ ref('fct_experiment_results') }}
    group by experiment

),

exposed as (

    select experiment, count(distinct user_id) as users
    from {{ ref('int_events_unioned') }}
    where event_name = 'experiment_viewed'
    group by experiment

)

select experiment, reported.users as reported_users, exposed.users as exposed_users
from reported
full outer join exposed using (experiment)
where reported.users is distinct from exposed.users
