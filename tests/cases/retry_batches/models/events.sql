{{ config(concurrent_batches=false) }}
select id, happened_at, cast(amount as integer) as amount, '{{ invocation_args_dict.which }}' as made_by
from {{ ref('raw_events') }}
