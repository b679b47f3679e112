{% macro tell_start() %}
  {% do print('start: ' ~ flags.WHICH ~ ' ' ~ flags.FULL_REFRESH ~ ' ' ~ graph.nodes | length) %}
{% endmacro %}

{% macro tell(results, schemas, database_schemas) %}
  {% if execute %}
    {% for result in results %}
      {% do print(result.node.unique_id ~ ': ' ~ result.status ~ ', failures ' ~ result.failures) %}
      {% do print('  ' ~ (result.message or '').split('\n')[0] ~ ' | ' ~ result.adapter_response.get('code', '') ~ ' | '
          ~ (result.timing | map(attribute='name') | join(','))) %}
      {% do print('  ' ~ (result.execution_time >= 0) ~ ' ' ~ result.thread_id[:6] ~ ' '
          ~ (result.to_dict().keys() | list | sort | join(','))) %}
      {% do print('  ' ~ (result.status == 'error') ~ ' ' ~ result.to_dict().status) %}
    {% endfor %}
    {% do print('schemas: ' ~ schemas | sort) %}
    {% do print('database_schemas: ' ~ database_schemas | sort) %}
  {% endif %}
{% endmacro %}
