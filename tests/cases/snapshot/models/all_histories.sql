{% set histories = ['kept', 'ended', 'recorded', 'ended_by_old_name', 'own_strategy', 'checked', 'checked_in_part', 'checked_with_time', 'of_source', 'open_ended', 'by_two'] %}
{% for name in histories %}
select '{{ name }}' as snapshot, id, region, price, added,
  {{ time('dbt_valid_from') }} as valid_from,
  {{ time('dbt_valid_to') }} as valid_to,
  {{ time('dbt_updated_at') }} as updated_at,
  {{ 'dbt_is_deleted' if name == 'recorded' else 'null' }} as is_deleted
from {{ ref(name) }}
{{ 'union all' if not loop.last }}
{% endfor %}
