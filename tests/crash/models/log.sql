{{ config(materialized='incremental', incremental_strategy='append') }}

select id, round from {{ ref('events') }}
{% if is_incremental() %}
where id > (select max(id) from {{ this }})
{% endif %}
