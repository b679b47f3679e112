{{ config(materialized='incremental', incremental_strategy='append') }}

-- Each user agent is taken apart once, when it is first seen.
with agents as (

    select
        user_agent,
        min(received_at) as first_received_at
    from {{ ref('int_events_unioned') }}
    where user_agent is not null
    {% if is_incremental() %}
        and user_agent not in (select user_agent from {{ this }})
    {% endif %}
    group by user_agent

)

select
    user_agent,
    regexp_extract(user_agent, '^([^/]+)/', 1) as client,
    regexp_extract(user_agent, '^[^/]+/([0-9.]+)', 1) as client_version,
    regexp_extract(user_agent, '\(([^)]+)\)', 1) as operating_system,
    client like 'Harborline%' as is_our_app,
    client = 'HarborlineMobile' as is_mobile,
    first_received_at
from agents
