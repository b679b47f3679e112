{{ config(materialized='incremental', unique_key='id') }}

select i as id, i % 7 as kind, {{ var('round') }} as round
from range({{ var('round') }} * 2000) as r(i)
{% if is_incremental() %}
where i >= ({{ var('round') }} - 1) * 2000 - 100
{% endif %}
