{% macro raise(message) %}
  {{ exceptions.raise_compiler_error(message) }}
{% endmacro %}

{% macro use_undefined(thing) %}
  {{ thing.part.piece }}
{% endmacro %}

{% macro ask(query) %}
  {% set rows = run_query(query) %}
  {{ rows.columns[0].values()[0] }}
{% endmacro %}

{% macro state(query) %}
  {% call statement('mine') %}
    {{ query }}
  {% endcall %}
{% endmacro %}

{% macro wrap() %}
  ({{ caller() }})
{% endmacro %}
