{% macro known_currency(code) %}
  {% if code | length != 3 %}
    {{ exceptions.raise_compiler_error('currency codes have three letters: ' ~ code) }}
  {% endif %}
  '{{ code }}'
{% endmacro %}
