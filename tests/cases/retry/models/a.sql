{{ config(materialized='incremental') }}
select {{ var('number', 1) }} as id {% if is_incremental() %} where false {% endif %}
