{{ config(materialized='incremental', snowflake_warehouse='LARGE', tags=[target.get('warehouse', 'none'), target.get('password', 'unseen')]) }}
select '{{ target.type }}' as kind, '{{ target.warehouse }}' as warehouse
from {{ source('app', 'orders') }}
{% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}
