{#- Queries wrapped for `show`, for a limit, or only to be checked. -#}

{#- A query cut to the rows that `show` shows. -#}
{% macro get_show_sql(compiled_code, sql_header, limit) -%}
  {{ sql_header or '' }}
  {{ get_limit_subquery_sql(compiled_code, limit) }}
{%- endmacro %}

{#- A query cut to a number of rows; calls `get_limit_sql`. -#}
{% macro get_limit_subquery_sql(sql, limit) -%}
  {{ return(adapter.dispatch('get_limit_sql', 'dbt')(sql, limit)) }}
{%- endmacro %}

{#- On a line of its own, so that a comment at the end of the query cannot swallow it. -#}
{% macro default__get_limit_sql(sql, limit) -%}
  {{ sql }}
  {{ 'limit ' ~ limit if limit is not none }}
{%- endmacro %}


{#- Asks the warehouse whether it could run a statement. -#}
{% macro validate_sql(sql) -%}
  {{ return(adapter.dispatch('validate_sql', 'dbt')(sql)) }}
{%- endmacro %}

{% macro default__validate_sql(sql) -%}
  {%- call statement('validate_sql') -%}
    explain {{ sql }}
  {%- endcall -%}
  {{ return(load_result('validate_sql')) }}
{%- endmacro %}
