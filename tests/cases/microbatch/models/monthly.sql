{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='month',
          event_time='happened_at', begin='2023-12-15', concurrent_batches=true) }}
select id, value, '{{ model.batch.id }}' as batch, {{ is_incremental() }} as added, happened_at
from {{ ref('renamed') }}
