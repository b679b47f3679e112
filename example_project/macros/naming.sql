{# The default target owns its schemas by their plain names; every other target gets its own prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.name == 'dev' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}


{# Appended to every statement, so that a slow query in the log names its model. #}
{% macro query_comment(node) -%}
    harborline {{ target.name }}{% if node %} {{ node.unique_id }}{% endif %}
{%- endmacro %}
