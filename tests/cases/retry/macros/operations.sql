{% macro fail() %}{{ exceptions.raise_compiler_error('no') }}{% endmacro %}
{% macro works() %}{{ log('works', info=true) }}{% endmacro %}
