{% macro default__greet() %}'shop'{% endmacro %}
