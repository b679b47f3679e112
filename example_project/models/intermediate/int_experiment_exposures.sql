{{ config(materialized='ephemeral', group='growth', access='private') }}

-- The variant that a person saw first counts, even where cleared cookies showed them the other one later.
select
    experiment,
    user_id,
    arg_min(variant, (event_at, event_id)) as variant,
    min(event_at) as exposed_at,
    count(distinct variant) as variants_seen
from {{ ref('int_events_unioned') }}
where event_name = 'experiment_viewed' and user_id is not null
group by experiment, user_id
