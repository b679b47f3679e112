{#- Foreign keys of model contracts. DuckDB ties them to names in two ways that a swap must respect: it never forgets
    the name under which the referencing table was created, and it neither drops nor renames a referenced table. -#}

{#- The contract's constraint types, of the model and of its columns. -#}
{% macro enforced_constraint_types() -%}
  {%- set types = [] -%}
  {%- if config.get('contract').enforced -%}
    {%- for constraint in model.get('constraints') or [] -%}
      {%- do types.append(constraint['type']) -%}
    {%- endfor -%}
    {%- for column in model['columns'].values() -%}
      {%- for constraint in column.get('constraints') or [] -%}
        {%- do types.append(constraint['type']) -%}
      {%- endfor -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(types) }}
{%- endmacro %}

{#- The types of the keys that a table has in the warehouse. -#}
{% macro existing_constraint_types(relation) -%}
  {{ return(adapter.existing_key_constraint_types(relation) if relation is not none and relation.is_table else []) }}
{%- endmacro %}

{#- Whether the model refers to another by a foreign key, or its table does until now. -#}
{% macro has_foreign_key_constraints(relation=none) -%}
  {{ return('foreign_key' in enforced_constraint_types() + existing_constraint_types(relation)) }}
{%- endmacro %}

{#- Whether others may refer to the model, or to its table until now; the key may just have been taken out. -#}
{% macro may_be_foreign_key_target(relation=none) -%}
  {%- set types = enforced_constraint_types() + existing_constraint_types(relation) -%}
  {{ return('primary_key' in types or 'unique' in types) }}
{%- endmacro %}

{#- Creates the target under its own name and moves the rows over, in place of a rename. -#}
{% macro duckdb_recreate_with_foreign_keys(intermediate_relation, target_relation) -%}
  {%- call statement() -%}
    create table {{ target_relation.render() }} {{ get_table_columns_and_constraints() }};
    insert into {{ target_relation.render() }} from {{ intermediate_relation.render() }}
  {%- endcall -%}
  {%- do adapter.drop_relation(intermediate_relation) -%}
{%- endmacro %}


{#- Frees a table to be dropped: the tables that refer to it become copies without constraints, with which they live
    until their own models rebuild them, later in the same run. Where that will not happen the run stops here. -#}
{% macro duckdb_release_foreign_keys(relation) -%}
  {%- for table in duckdb_referencing_tables(relation) -%}
    {%- do duckdb_assert_rebuilt_later(table, relation) -%}
    {%- set copy = make_backup_relation(table, 'table') -%}
    {%- call statement() -%}
      create table {{ copy.render() }} as from {{ table.render() }}
    {%- endcall -%}
    {%- do adapter.drop_relation(table) -%}
    {%- do adapter.rename_relation(copy, table) -%}
  {%- endfor -%}
{%- endmacro %}

{#- All tables that refer to this one, directly or by way of another: the outermost, which can be dropped, first.
    A foreign key cannot leave its schema. -#}
{% macro duckdb_referencing_tables(relation) -%}
  {%- call statement('referencing_tables', fetch_result=true) -%}
    with recursive reference as (
      select table_name, referenced_table
      from duckdb_constraints()
      where constraint_type = 'FOREIGN KEY'
        and lower(database_name) = {{ duckdb_lower_literal(relation.database) }}
        and lower(schema_name) = {{ duckdb_lower_literal(relation.schema) }}
        and table_name != referenced_table
    ),
    referencing as (
      select table_name, 1 as distance
      from reference
      where lower(referenced_table) = {{ duckdb_lower_literal(relation.identifier) }}
      union
      select reference.table_name, referencing.distance + 1
      from reference
      join referencing on reference.referenced_table = referencing.table_name
    )
    select table_name
    from referencing
    group by table_name
    order by max(distance) desc, table_name
  {%- endcall -%}
  {%- set tables = [] -%}
  {%- for row in load_result('referencing_tables')['data'] -%}
    {%- do tables.append(relation.incorporate(path={'identifier': row[0]}, type='table')) -%}
  {%- endfor -%}
  {{ return(tables) }}
{%- endmacro %}

{#- Refuses to go on unless the node of a referring table is rebuilt later in this run. -#}
{% macro duckdb_assert_rebuilt_later(table, relation) -%}
  {%- for node in graph.nodes.values() if node.unique_id in selected_resources
      and (node.database, node.schema, node.alias) == (table.database, table.schema, table.identifier) -%}
    {%- set full_refresh = flags.FULL_REFRESH if node.config.full_refresh is none else node.config.full_refresh -%}
    {%- if node.config.materialized == 'table' or (node.config.materialized == 'incremental' and full_refresh) -%}
      {{ return(true) }}
    {%- endif -%}
  {%- endfor -%}
  {%- do exceptions.raise_compiler_error(
      'Cannot replace ' ~ relation ~ ' because ' ~ table ~ ' refers to it by a foreign key and is not rebuilt in this'
      ~ ' run. Select its model too, with --full-refresh if it is incremental.') -%}
{%- endmacro %}
