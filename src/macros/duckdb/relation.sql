{#- Relations in DuckDB: its DDL is transactional, and its catalogue answers in table functions and `describe`. -#}

{#- A drop and a rename in one transaction are seen together, and unlike a rename of the old table, a drop takes
    its indexes along. -#}
{% macro duckdb__swap_relation(existing_relation, intermediate_relation, target_relation) -%}
  {%- if existing_relation is not none and may_be_foreign_key_target(existing_relation) -%}
    {%- do duckdb_release_foreign_keys(existing_relation) -%}
  {%- endif -%}
  {%- do drop_relation_if_exists(existing_relation) -%}
  {%- if 'foreign_key' in enforced_constraint_types() -%}
    {%- do duckdb_recreate_with_foreign_keys(intermediate_relation, target_relation) -%}
  {%- else -%}
    {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
  {%- endif -%}
  {{ return(none) }}
{%- endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) -%}
  {%- call statement('rename_relation') -%}
    {{ get_rename_sql(from_relation, to_relation.identifier) }}
  {%- endcall -%}
{%- endmacro %}

{% macro duckdb__get_rename_table_sql(relation, new_name) -%}
  alter table {{ relation.render() }} rename to {{ adapter.quote_as_configured(new_name, 'identifier') }}
{%- endmacro %}

{% macro duckdb__get_rename_view_sql(relation, new_name) -%}
  alter view {{ relation.render() }} rename to {{ adapter.quote_as_configured(new_name, 'identifier') }}
{%- endmacro %}

{#- Temporary tables have no schema and live as long as the connection, so each gets a name of its own. -#}
{% macro duckdb__make_temp_relation(base_relation, suffix) -%}
  {{ return(base_relation.incorporate(path={
    'database': none,
    'schema': none,
    'identifier': base_relation.identifier ~ suffix ~ py_current_timestring(),
  })) }}
{%- endmacro %}


{#- A promised table is created first and then filled, since `create table as` takes no constraints;
    a temporary one makes no promises. -#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {%- if language == 'python' -%}
    {{ return(py_write_table(temporary, relation, compiled_code)) }}
  {%- elif language != 'sql' -%}
    {%- do exceptions.raise_compiler_error(
        "duckdb__create_table_as macro didn't get supported language, it got " ~ language) -%}
  {%- endif -%}
  {%- set enforced = config.get('contract').enforced -%}
  {%- if enforced -%}
    {{ get_assert_columns_equivalent(compiled_code) }}
  {%- endif -%}
  {{ config.get('sql_header') or '' }}
  create {{ 'temporary ' if temporary }}table {{ relation.include(database=not temporary, schema=not temporary) }}
  {%- if enforced and not temporary %}
  {{ get_table_columns_and_constraints() }};
  insert into {{ relation.render() }} {{ get_column_names() }} (
    {{ get_select_subquery(compiled_code) }}
  );
  {%- else %}
  as (
    {{ compiled_code }}
  );
  {%- endif %}
{%- endmacro %}

{% macro duckdb__create_view_as(relation, sql) -%}
  {%- if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(sql) }}
  {%- endif -%}
  {{ config.get('sql_header') or '' }}
  create view {{ relation.render() }} as (
    {{ sql }}
  );
{%- endmacro %}

{#- A query may be described only by itself, so a header runs first, for what it sets in the session. -#}
{% macro duckdb__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {%- if select_sql_header -%}
    {%- do run_query(select_sql_header) -%}
  {%- endif -%}
  select * from (
    {{ select_sql }}
  ) as __dbt_sbq
  where false
  limit 0
{%- endmacro %}


{#- `describe` reads one table's columns; `information_schema.columns` would load the whole catalogue.
    Sizes and precisions are part of DuckDB's type names. -#}
{% macro duckdb__get_columns_in_relation(relation) -%}
  {%- call statement('get_columns_in_relation', fetch_result=true, auto_begin=false) -%}
    select column_name, column_type, null::bigint, null::bigint, null::bigint
    from (describe {{ relation.render() }})
  {%- endcall -%}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}

{#- In place, because one transaction cannot both copy a table's column and drop the original. -#}
{% macro duckdb__alter_column_type(relation, column_name, new_column_type) -%}
  {%- call statement('alter_column_type') -%}
    alter table {{ relation.render() }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}
  {%- endcall -%}
{%- endmacro %}

{#- One change a statement is all that DuckDB takes. -#}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
  {%- for column in add_columns or [] -%}
    {%- do run_query('alter table ' ~ relation.render() ~ ' add column ' ~ column.quoted ~ ' ' ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in remove_columns or [] -%}
    {%- do run_query('alter table ' ~ relation.render() ~ ' drop column ' ~ column.quoted) -%}
  {%- endfor -%}
{%- endmacro %}


{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {{ 'unique ' if index.unique }}index {{ adapter.quote(index.render(relation)) }}
  on {{ relation.render() }} ({{ index.columns | join(', ') }})
{%- endmacro %}

{#- Drops the indexes of a table. -#}
{% macro drop_indexes_on_relation(relation) -%}
  {%- call statement('get_indexes_on_relation', fetch_result=true, auto_begin=false) -%}
    select index_name
    from duckdb_indexes()
    where lower(database_name) = {{ duckdb_lower_literal(relation.database) }}
      and lower(schema_name) = {{ duckdb_lower_literal(relation.schema) }}
      and lower(table_name) = {{ duckdb_lower_literal(relation.identifier) }}
  {%- endcall -%}
  {%- for row in load_result('get_indexes_on_relation')['data'] -%}
    {%- call statement(auto_begin=false) -%}
      drop index {{ relation.incorporate(path={'identifier': row[0]}).render() }}
    {%- endcall -%}
  {%- endfor -%}
{%- endmacro %}

{#- A description as a literal. -#}
{% macro duckdb_escape_comment(comment) -%}
  {%- if comment is not string -%}
    {%- do exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) -%}
  {%- endif -%}
  {{ return(string_literal(escape_single_quotes(comment))) }}
{%- endmacro %}

{% macro duckdb__alter_relation_comment(relation, comment) -%}
  comment on {{ relation.type }} {{ relation.render() }} is {{ duckdb_escape_comment(comment) }};
{%- endmacro %}

{% macro duckdb__alter_column_comment(relation, column_dict) -%}
  {%- for name, column in column_dict.items() %}
  comment on column {{ relation.render() }}.{{ adapter.quote(name) if column['quote'] else name }}
  is {{ duckdb_escape_comment(column['description']) }};
  {%- endfor %}
{%- endmacro %}

{% macro duckdb__apply_grants(relation, grant_config, should_revoke=true) -%}
  {%- if grant_config -%}
    {%- do adapter.warn_once('Grants for relations are not supported by DuckDB') -%}
  {%- endif -%}
{%- endmacro %}
