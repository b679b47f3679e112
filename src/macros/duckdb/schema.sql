{#- What DuckDB's catalogue says of schemas and their relations. Names are compared without case, as DuckDB does.
    `system` qualifies the views because an attached database may have its own. -#}

{#- Asks first: databases attached from elsewhere may have a schema but not know how to create one, and two
    transactions that create the same schema are in conflict even with `if not exists`. -#}
{% macro duckdb__create_schema(relation) -%}
  {%- set information_schema = relation.information_schema() -%}
  {%- if check_schema_exists(information_schema, relation.schema)[0][0] == 0 -%}
    {%- call statement('create_schema') -%}
      create schema if not exists {{ relation.without_identifier() }}
    {%- endcall -%}
  {%- endif -%}
{%- endmacro %}

{% macro duckdb__list_schemas(database) -%}
  {{ return(run_query(
      'select schema_name from system.information_schema.schemata'
      ~ (' where lower(catalog_name) = ' ~ duckdb_lower_literal(database) if database is not none else ''))) }}
{%- endmacro %}

{% macro duckdb__check_schema_exists(information_schema, schema) -%}
  {{ return(run_query(
      'select count(*) from system.information_schema.schemata'
      ~ ' where lower(schema_name) = ' ~ duckdb_lower_literal(schema)
      ~ ' and lower(catalog_name) = ' ~ duckdb_lower_literal(information_schema.database))) }}
{%- endmacro %}

{% macro duckdb__list_relations_without_caching(schema_relation) -%}
  {%- call statement('list_relations_without_caching', fetch_result=true, auto_begin=false) -%}
    select
      {{ string_literal(escape_single_quotes(schema_relation.database)) }} as database,
      table_name as name,
      table_schema as schema,
      case table_type when 'VIEW' then 'view' else 'table' end as type
    from system.information_schema.tables
    where lower(table_schema) = {{ duckdb_lower_literal(schema_relation.schema) }}
      and lower(table_catalog) = {{ duckdb_lower_literal(schema_relation.database) }}
  {%- endcall -%}
  {{ return(load_result('list_relations_without_caching').table) }}
{%- endmacro %}

{#- A name in lower case as a literal. -#}
{% macro duckdb_lower_literal(name) -%}
  {{ return(string_literal(escape_single_quotes(name | lower))) }}
{%- endmacro %}


{% macro duckdb__get_catalog(information_schema, schemas) -%}
  {%- set conditions = [] -%}
  {%- for schema in schemas -%}
    {%- do conditions.append('lower(relations.schema_name) = ' ~ duckdb_lower_literal(schema)) -%}
  {%- endfor -%}
  {{ return(run_query(duckdb_catalog_sql(information_schema, conditions))) }}
{%- endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) -%}
  {%- set conditions = [] -%}
  {%- for relation in relations -%}
    {%- if not relation.schema -%}
      {%- do exceptions.raise_compiler_error(
          '`get_catalog_relations` requires a list of relations, each with a schema') -%}
    {%- endif -%}
    {%- set condition -%}
      (lower(relations.schema_name) = {{ duckdb_lower_literal(relation.schema) }}
      {%- if relation.identifier %} and lower(relations.table_name) = {{ duckdb_lower_literal(relation.identifier) }}
      {%- endif %})
    {%- endset -%}
    {%- do conditions.append(condition) -%}
  {%- endfor -%}
  {{ return(run_query(duckdb_catalog_sql(information_schema, conditions))) }}
{%- endmacro %}

{#- The columns of all relations that meet one of the conditions. -#}
{% macro duckdb_catalog_sql(information_schema, conditions) -%}
  with relations as (
    select database_oid, schema_oid, table_oid as relation_oid, database_name, schema_name, table_name,
      'BASE TABLE' as table_type, comment
    from duckdb_tables()
    union all
    select database_oid, schema_oid, view_oid, database_name, schema_name, view_name, 'VIEW', comment
    from duckdb_views()
  )
  select
    relations.database_name as table_database,
    relations.schema_name as table_schema,
    relations.table_name,
    relations.table_type,
    relations.comment as table_comment,
    columns.column_name,
    columns.column_index,
    columns.data_type as column_type,
    columns.comment as column_comment,
    null as table_owner
  from relations
  join duckdb_columns() as columns
    on columns.database_oid = relations.database_oid
    and columns.schema_oid = relations.schema_oid
    and columns.table_oid = relations.relation_oid
  where lower(relations.database_name) = {{ duckdb_lower_literal(information_schema.database) }}
    and ({{ conditions | join(' or ') or 'false' }})
  order by relations.schema_name, relations.table_name, columns.column_index
{%- endmacro %}
