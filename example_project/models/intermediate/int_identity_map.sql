{{ config(materialized='ephemeral') }}

-- One person for each device: whoever was seen on it first. By arrival, so that the answer never changes later.
with sightings as (

    select anonymous_id, user_id, received_at from {{ ref('stg_web__identifies') }}
    union all
    select anonymous_id, user_id, received_at from {{ ref('stg_mobile__identifies') }}
    union all
    select anonymous_id, user_id, received_at from {{ ref('int_events_unioned') }}

)

select
    anonymous_id,
    arg_min(user_id, received_at) as user_id,
    min(received_at) as identified_at,
    count(distinct user_id) > 1 as is_shared_device
from sightings
where anonymous_id is not null and user_id is not null
group by anonymous_id
