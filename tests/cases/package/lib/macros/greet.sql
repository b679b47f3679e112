{% macro greet(name) %}{{ return(adapter.dispatch('greet', 'lib')(name)) }}{% endmacro %}
{% macro default__greet(name) %}'{{ var('greeting') }} {{ name }}'{% endmacro %}
{% macro duckdb__greet(name) %}'{{ var('greeting') }}, {{ name }}'{% endmacro %}
{% macro shout(text) %}upper({{ text }}){% endmacro %}
