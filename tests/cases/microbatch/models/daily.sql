{{ config(batch_size='day', event_time='happened_at', begin=modules.datetime.datetime(2024, 1, 1),
          pre_hook="create table if not exists hooks (said varchar)",
          post_hook="insert into hooks values ('daily after {{ model.batch.id }}')") }}
-- begins {{ config.get('begin').strftime('%d/%m/%Y') }}, everything is in {{ ref('raw_events').render() }}
select id, value, happened_at, '{{ model.batch.id }}' as batch, {{ is_incremental() }} as added,
    '{{ model.batch.event_time_start }}' as batch_start,
    '{{ config.get("__dbt_internal_microbatch_event_time_end") }}' as batch_end
from {{ ref('raw_events') }}
