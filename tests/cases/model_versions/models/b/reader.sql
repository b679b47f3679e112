{%- set strategy = 'delete+insert' -%}
{{ config({"materialized": "incremental", "incremental_strategy": strategy, "enabled": true}) }}
-- {{ config(severity='warn') }}
select * from {{ ref('cust') }} union all select id, name from {{ ref('cust', v=1) }} union all select id, name from {{ ref('cust', version=2) }}
