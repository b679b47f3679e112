{% macro tell(text) %}
  {% do print('print ' ~ text) %}
  {% do log('log ' ~ text) %}
  {% do log('info ' ~ text, info=true) %}
  {% do exceptions.warn('warn ' ~ text) %}
  {% do run_query("select '" ~ text ~ "' as token") %}
{% endmacro %}
{% macro fail(text) %}{{ exceptions.raise_compiler_error('raised ' ~ text) }}{% endmacro %}
{% macro refuse(text) %}{% do run_query('select "' ~ text ~ '"') %}{% endmacro %}
