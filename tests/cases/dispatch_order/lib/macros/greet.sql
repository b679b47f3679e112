{% macro greet() %}{{ return(adapter.dispatch('greet', 'lib')()) }}{% endmacro %}
{% macro default__greet() %}'lib'{% endmacro %}
