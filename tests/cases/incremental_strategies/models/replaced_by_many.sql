{{ config(incremental_strategy='delete+insert', unique_key='id') }}
select id, status from {{ ref('raw') }} union all select id, status || ' again' from {{ ref('raw') }}
