{% macro hide(column) %}substr({{ column }}, 1, 0){% endmacro %}
{% macro both(column) %}{{ hide(column) }} || {{ column }}{% endmacro %}
