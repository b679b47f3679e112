{% macro greet(a, b=1) %}{{ return(adapter.dispatch('greet', 'shop')(a, b)) }}{% endmacro %}
{% macro default__greet(a, b=3) %}hello {{ a }} {{ b }} {{ varargs }} {{ kwargs }}{% endmacro %}
{% macro ret() %}{% set d = {'a': [1, 2]} %}{% do d['a'].append(3) %}{{ return(d) }}{% endmacro %}
