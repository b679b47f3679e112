{#- Model contracts: the columns and constraints that a model's properties promise. -#}

{#- The parenthesized list of columns and constraints of a `create table`. -#}
{% macro get_table_columns_and_constraints() -%}
  {{ return(adapter.dispatch('get_table_columns_and_constraints', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
  {{ return(table_columns_and_constraints()) }}
{%- endmacro %}

{#- What `get_table_columns_and_constraints` does unless overridden. -#}
{% macro table_columns_and_constraints() -%}
  {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
  (
    {{ (columns + constraints) | join(',\n    ') }}
  )
{%- endmacro %}


{#- The promised columns, in the promised order and in parentheses. -#}
{% macro get_column_names() -%}
  ({{ adapter.dispatch('get_column_names', 'dbt')() }})
{%- endmacro %}

{% macro default__get_column_names() -%}
  {%- set names = [] -%}
  {%- for column in model['columns'].values() -%}
    {%- do names.append(adapter.quote(column['name']) if column.get('quote') else column['name']) -%}
  {%- endfor -%}
  {{ names | join(', ') }}
{%- endmacro %}

{#- Selects the promised columns, in the promised order, from a query. -#}
{% macro get_select_subquery(sql) -%}
  {{ return(adapter.dispatch('get_select_subquery', 'dbt')(sql)) }}
{%- endmacro %}

{% macro default__get_select_subquery(sql) -%}
  select {{ adapter.dispatch('get_column_names', 'dbt')() }}
  from (
    {{ sql }}
  ) as model_subq
{%- endmacro %}


{#- Fails the model unless its query has exactly the promised columns; renders to nothing. -#}
{% macro get_assert_columns_equivalent(sql) -%}
  {{ return(adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql)) }}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
  {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}

{#- The warehouse names the types on both sides, so that aliases of a type compare equal. -#}
{% macro assert_columns_equivalent(sql) -%}
  {%- if not model['columns'] -%}
    {%- do exceptions.raise_contract_error([], []) -%}
  {%- endif -%}
  {%- set actual = format_columns(get_column_schema_from_query(sql, config.get('sql_header'))) -%}
  {%- set promised = format_columns(get_column_schema_from_query(get_empty_schema_sql(model['columns']))) -%}
  {%- set promised_types = {} -%}
  {%- for column in promised -%}
    {%- do promised_types.update({column['name']: column['formatted']}) -%}
  {%- endfor -%}
  {%- if actual | length != promised | length -%}
    {%- do exceptions.raise_contract_error(promised, actual) -%}
  {%- endif -%}
  {%- for column in actual if promised_types.get(column['name']) != column['formatted'] -%}
    {%- do exceptions.raise_contract_error(promised, actual) -%}
  {%- endfor -%}
{%- endmacro %}

{#- Columns as contracts compare them. -#}
{% macro format_columns(columns) -%}
  {%- set formatted = [] -%}
  {%- for column in columns -%}
    {%- do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
  {%- endfor -%}
  {{ return(formatted) }}
{%- endmacro %}

{% macro default__format_column(column) -%}
  {{ return({
    'name': column.name,
    'data_type': column.dtype,
    'formatted': column.column.lower() ~ ' ' ~ column.dtype,
  }) }}
{%- endmacro %}


{#- A query of nulls with the promised names and types. -#}
{% macro get_empty_schema_sql(columns) -%}
  {{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}
{%- endmacro %}

{% macro default__get_empty_schema_sql(columns) -%}
  {%- set nulls = [] -%}
  {%- set untyped = [] -%}
  {%- set bare_numeric = [] -%}
  {%- for column in columns.values() -%}
    {%- if not column['data_type'] -%}
      {%- do untyped.append(column['name']) -%}
    {%- else -%}
      {%- if column['data_type'].strip().lower() in ['numeric', 'decimal', 'number'] -%}
        {%- do bare_numeric.append(column['name']) -%}
      {%- endif -%}
      {%- set name = adapter.quote(column['name']) if column.get('quote') else column['name'] -%}
      {%- do nulls.append(cast('null', column['data_type']) ~ ' as ' ~ name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if untyped -%}
    {%- do exceptions.column_type_missing(column_names=untyped) -%}
  {%- elif bare_numeric -%}
    {%- do exceptions.warn(
        'Detected columns with numeric type and unspecified precision/scale, this can lead to unintended rounding: '
        ~ bare_numeric ~ '`') -%}
  {%- endif -%}
  select {{ nulls | join(', ') }}
{%- endmacro %}
