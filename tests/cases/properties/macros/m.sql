{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is none -%}{{ target.schema }}{%- else -%}{{ custom_schema_name | trim }}_{{ node.resource_type }}{%- endif -%}
{%- endmacro %}
{% macro helper() %}{{ return(adapter.dispatch('helper', 'feat')()) }}{% endmacro %}
{% macro default__helper() %}select 1{% endmacro %}
{% materialization custom, default %}{{ return({'relations': []}) }}{% endmaterialization %}
