{{ config(full_refresh=false) }}
select id, happened_at, '{{ model.batch.id }}' as batch from {{ ref('raw') }}
