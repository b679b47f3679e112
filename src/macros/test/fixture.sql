{#- The fixtures of unit tests: rows from YAML as a query. -#}

{#- What stands in for an input. Columns that a row leaves out are null; their types are those of the real relation,
    or of the deferred one where this environment has not built it. -#}
{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
  {%- set types = column_name_to_data_types or {} -%}
  {%- set quoted = {} -%}
  {%- if not types -%}
    {%- set relation = defer_relation if defer_relation and not load_relation(this) else this -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
      {%- do types.update({column.name | lower: column.data_type}) -%}
      {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- if not types -%}
    {%- do exceptions.raise_compiler_error(
        "Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this
        ~ " because the relation doesn't exist") -%}
  {%- endif -%}
  {%- do validate_fixture_rows(rows, row_number) -%}

  {%- set nulls = {} -%}
  {%- for name, type in types.items() -%}
    {%- do nulls.update({name: safe_cast('null', type)}) -%}
  {%- endfor -%}
  -- Fixture for {{ model.name }}
  {%- for row in rows %}
  {%- set values = dict(nulls) -%}
  {%- do values.update(format_row(row, types)) %}
  {{ dbt.fixture_select(values, quoted) }}
  {{- '\n  union all' if not loop.last }}
  {%- else %}
  {{ dbt.fixture_select(nulls, quoted) }}
  limit 0
  {%- endfor %}
{%- endmacro %}

{#- What the model should return; only the columns that the rows name. -#}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) -%}
  {%- for row in rows -%}
    {{ dbt.fixture_select(format_row(row, column_name_to_data_types), column_name_to_quoted) }}
    {{- '\nunion all\n' if not loop.last }}
  {%- else -%}
    select * from dbt_internal_unit_test_actual
    limit 0
  {%- endfor -%}
{%- endmacro %}

{#- A query of one row. -#}
{% macro fixture_select(values, quoted_names) -%}
  {%- set columns = [] -%}
  {%- for name, value in values.items() -%}
    {%- do columns.append(value ~ ' as ' ~ quoted_names.get(name, name)) -%}
  {%- endfor -%}
  select {{ columns | join(', ') }}
{%- endmacro %}


{#- A row with its names in lower case and its values as casts. -#}
{% macro format_row(row, column_name_to_data_types) -%}
  {%- set formatted = {} -%}
  {%- for given_name, value in row.items() -%}
    {%- set name = given_name | lower -%}
    {%- if name not in column_name_to_data_types -%}
      {%- set fixture = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
      {%- do exceptions.raise_compiler_error(
          "Invalid column name: '" ~ name ~ "' in unit test fixture for " ~ fixture ~ '.'
          ~ '\nAccepted columns for ' ~ fixture ~ ' are: ' ~ column_name_to_data_types.keys() | list) -%}
    {%- endif -%}
    {%- set type = column_name_to_data_types[name] -%}
    {%- if value is string -%}
      {#- Without its length, so that a long text is compared whole and not cut. -#}
      {%- set type = type.split('(')[0] if 'varying' in type else type -%}
      {%- set literal = dbt.string_literal(dbt.escape_single_quotes(value)) -%}
    {%- else -%}
      {%- set literal = 'null' if value is none else value -%}
    {%- endif -%}
    {%- do formatted.update({name: safe_cast(literal, type)}) -%}
  {%- endfor -%}
  {{ return(formatted) }}
{%- endmacro %}

{#- A place for warehouses to refuse fixtures that they cannot express. -#}
{% macro validate_fixture_rows(rows, row_number) -%}
  {{ return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) }}
{%- endmacro %}
{% macro default__validate_fixture_rows(rows, row_number) -%}{%- endmacro %}
