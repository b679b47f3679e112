{% macro shop__unused() %}{% endmacro %}
{% macro default__greet(name) %}'overridden {{ name }}'{% endmacro %}
