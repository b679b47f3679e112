{% set kinds = [] %}
{% if execute %}
  {% set kinds = run_query('select distinct kind from ' ~ ref('a_source') ~ ' order by 1').columns[0].values() %}
{% endif %}
select
{% for kind in kinds %}
    sum(case when kind = '{{ kind }}' then n end) as {{ kind }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('a_source') }}
-- columns: {{ adapter.get_columns_in_relation(ref('a_source')) | map(attribute='name') | join(', ') }}
