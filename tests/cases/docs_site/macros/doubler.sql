{% macro doubler(column) %}{{ column }} * 2{% endmacro %}
