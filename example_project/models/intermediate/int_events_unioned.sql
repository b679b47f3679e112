{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_id',
        on_schema_change='append_new_columns',
        event_time='received_at',
        tags=['hourly', 'nightly'],
        post_hook="delete from {{ this }} where event_at < {{ as_of() }} - {{ var('event_retention_days') }}"
    )
}}

with events as (

    {{ union_event_streams([
        ref('stg_web__tracks'),
        ref('stg_mobile__tracks'),
        ref('stg_server__tracks'),
    ]) }}

)

select
    *,
    cast(event_at as date) as event_date
from events
{% if is_incremental() %}
-- By arrival, so that late events are picked up; from the last instant on, as others may share it.
where received_at >= (select max(received_at) from {{ this }})
{% endif %}
