{% macro hash_pii(x) %}sha256({{ x }}){% endmacro %}
