{% macro start(kind, value) %}
  {{ lib.pass(kind, value) }}
{% endmacro %}

{% macro in_a_block() %}
  {% call other.wrap() %}
    {{ lib.pass('raise', 'inside of a block') }}
  {% endcall %}
{% endmacro %}

{% materialization careless, default %}
  {{ return({'relations': [lib.pass('ask', 'select * from nowhere')]}) }}
{% endmaterialization %}
