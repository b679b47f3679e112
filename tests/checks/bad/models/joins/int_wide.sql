{% for name in ['stg_contacts', 'stg_both', 'stg_late', 'dim_contacts', 'customers', 'fct_orders', 'rpt_nothing'] %}
select id from {{ ref(name) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
