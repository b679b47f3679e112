{% macro euros(column) -%}
  ({{ column }} / 100)::decimal(10, 2)
{%- endmacro %}
