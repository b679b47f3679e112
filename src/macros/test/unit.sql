{#- Unit tests: the model's query over fixtures, next to the rows that it should return. -#}

{#- Runs a model's query over fixtures, next to the rows that it should return. -#}
{% materialization unit, default -%}
  {%- set header = (config.get('sql_header') or '') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else '' -%}
  {%- set expected_rows = config.get('expected_rows') -%}
  {%- set compared = expected_rows[0].keys() if expected_rows else get_columns_in_query(sql) -%}

  {#- An empty table with the query's columns tells their types. -#}
  {%- set types_relation = make_temp_relation(this.incorporate(type='table')) -%}
  {%- call statement() -%}
    {{ get_create_table_as_sql(true, types_relation, get_empty_subquery_sql(sql)) }}
  {%- endcall -%}
  {%- set types = {} -%}
  {%- set quoted = {} -%}
  {%- for column in adapter.get_columns_in_relation(types_relation) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
  {%- set compared_columns = [] -%}
  {%- for name in compared -%}
    {%- do compared_columns.append(quoted[name | lower]) -%}
  {%- endfor -%}

  {%- set expected_sql = config.get('expected_sql') or get_expected_sql(expected_rows, types, quoted) -%}
  {%- call statement('main', fetch_result=true) -%}
    {{ header }}
    {{ get_unit_test_sql(sql, expected_sql, compared_columns) }}
  {%- endcall -%}
  {%- do adapter.drop_relation(types_relation) -%}
  {{ return({'relations': []}) }}
{%- endmaterialization %}


{#- The actual and the expected rows, told apart by the column `actual_or_expected`. -#}
{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {{ return(adapter.dispatch('get_unit_test_sql', 'dbt')(main_sql, expected_fixture_sql, expected_column_names)) }}
{%- endmacro %}

{% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {%- set columns = expected_column_names | join(', ') -%}
  with dbt_internal_unit_test_actual as (
    select {{ columns }}, {{ dbt.string_literal('actual') }} as {{ adapter.quote('actual_or_expected') }}
    from (
      {{ main_sql }}
    ) as _dbt_internal_unit_test_actual
  ),
  dbt_internal_unit_test_expected as (
    select {{ columns }}, {{ dbt.string_literal('expected') }} as {{ adapter.quote('actual_or_expected') }}
    from (
      {{ expected_fixture_sql }}
    ) as _dbt_internal_unit_test_expected
  )
  select * from dbt_internal_unit_test_actual
  union all
  select * from dbt_internal_unit_test_expected
{%- endmacro %}
