{% macro pass(kind, value) %}
  {% if kind == 'raise' %}
    {{ other.raise(value) }}
  {% elif kind == 'undefined' %}
    {{ other.use_undefined({}) }}
  {% elif kind == 'ask' %}
    {{ other.ask(value) }}
  {% else %}
    {{ other.state(value) }}
  {% endif %}
{% endmacro %}
