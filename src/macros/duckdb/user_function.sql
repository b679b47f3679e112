{#- User-defined functions: DuckDB's macros, which take expressions and queries alike, have types, defaults and
    overloads, and aggregate where their expression does. -#}

{% macro duckdb__scalar_function_sql(target_relation) -%}
  {{ duckdb_create_macro(target_relation) }}
{%- endmacro %}

{% macro duckdb__aggregate_function_sql(target_relation) -%}
  {{ duckdb_create_macro(target_relation) }}
{%- endmacro %}

{#- The statement that creates a function of the warehouse: its macro. -#}
{% macro duckdb_create_macro(target_relation) -%}
  {%- set volatility = model.config.get('volatility') -%}
  {%- if volatility is not none -%}
    {%- do unsupported_volatility_warning(volatility) -%}
  {%- endif -%}
  {%- set with_types = duckdb_has_typed_macros(target_relation) -%}
  create or replace function {{ target_relation.render() }}
  {{ duckdb_macro_body(model.arguments, model.returns, model.compiled_code, with_types) }}
  {%- for overload in model.overloads -%}
    {%- set returns = overload.returns or model.returns -%}
    , {{ duckdb_macro_body(overload.arguments, returns, overload.compiled_body, with_types) }}
  {%- endfor -%}
{%- endmacro %}

{#- Files in an older format keep macros without the types of their arguments; what is in memory has no format. -#}
{% macro duckdb_has_typed_macros(relation) -%}
  {%- call statement('storage_version', fetch_result=true) -%}
    select cast(string_split(regexp_extract(tags['storage_version'], '[0-9.]+'), '.') as integer[]) >= [1, 4]
    from duckdb_databases()
    where database_name = '{{ relation.database }}' and tags['storage_version'] is not null
  {%- endcall -%}
  {%- set found = load_result('storage_version')['data'] -%}
  {{ return(found[0][0] if found else true) }}
{%- endmacro %}

{#- A statement would end with a semicolon; what is put in brackets may not. -#}
{% macro duckdb_macro_body(arguments, returns, code, with_types) -%}
  {%- set body = code.strip().rstrip(';') -%}
  {%- set typed = returns and returns.data_type != 'INVALID_TYPE' -%}
  (
  {%- for argument in arguments -%}
    {{ argument.name }}{{ ' ' ~ argument.data_type if with_types }}
    {{- ' := ' ~ argument.default_value if argument.get('default_value') is not none }}{{ ', ' if not loop.last }}
  {%- endfor -%}
  ) as {{ 'cast(' if typed }}(
    {{ body }}
  ){{ ' as ' ~ returns.data_type ~ ')' if typed }}
{%- endmacro %}
