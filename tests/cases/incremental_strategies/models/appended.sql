{{ config(materialized='incremental', incremental_strategy='append') }}

select id, status, updated_at
from {{ ref('raw_orders') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
