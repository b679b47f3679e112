{#- Which dbt this is, for projects that run on several. -#}

{#- Whether this is version 2 of dbt, for projects that run on several. -#}
{% macro is_core_v2() -%}
  {{ return(dbt_version.split('.')[0] | int == 2) }}
{%- endmacro %}
