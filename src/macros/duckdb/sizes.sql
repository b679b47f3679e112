{#- How large tables are. DuckDB's own estimate of rows counts those that were deleted, so they are counted, which it
    does without reading them. Small tables share blocks of the file; each has its part of them. -#}

{% macro duckdb__get_table_sizes(information_schema, schemas) -%}
  {%- set conditions = [] -%}
  {%- for schema in schemas -%}
    {%- do conditions.append('lower(tables.schema_name) = ' ~ duckdb_lower_literal(schema)) -%}
  {%- endfor -%}
  {%- set found = run_query(
      'select tables.database_name, tables.schema_name, tables.table_name'
      ~ ' from duckdb_tables() as tables join duckdb_databases() as databases using (database_oid)'
      ~ " where databases.type = 'duckdb' and lower(tables.database_name) = "
      ~ duckdb_lower_literal(information_schema.database)
      ~ ' and (' ~ (conditions | join(' or ') or 'false') ~ ') order by all') -%}
  {%- set sizes = [] -%}
  {#- One statement about thousands of tables would be too deep for the engine. -#}
  {%- for tables in found.rows | batch(400) -%}
    {%- for row in run_query(duckdb_sizes_sql(tables)).rows -%}
      {%- set table = tables[row[0]] -%}
      {%- do sizes.append({'table_database': table[0], 'table_schema': table[1], 'table_name': table[2],
          'rows': row[1], 'bytes': row[2]}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(sizes) }}
{%- endmacro %}

{#- The number of each table in the list, its rows, and its part of the file in bytes. -#}
{% macro duckdb_sizes_sql(tables) -%}
  {%- set counts, segments = [], [] -%}
  {%- for table in tables -%}
    {%- set relation = api.Relation.create(database=table[0], schema=table[1], identifier=table[2]) -%}
    {%- do counts.append('select ' ~ loop.index0 ~ ' as number, count(*) as row_count from ' ~ relation) -%}
    {%- do segments.append('select ' ~ loop.index0 ~ ' as number, unnest(list_append(additional_block_ids, block_id)) as block'
        ~ ' from pragma_storage_info(' ~ string_literal(escape_single_quotes(relation | string)) ~ ') where persistent') -%}
  {%- endfor -%}
  with counts as ({{ counts | join(' union all ') }}),
  segments as ({{ segments | join(' union all ') }}),
  blocks as (
    select block, 1.0 / count(*) as part from segments group by block
  ),
  parts as (
    select number, sum(part) as blocks from segments join blocks using (block) group by number
  )
  select counts.number, counts.row_count, cast(round(parts.blocks * size.block_size) as bigint) as bytes
  from counts
  left join parts using (number)
  left join pragma_database_size() as size on size.database_name = {{ string_literal(escape_single_quotes(tables[0][0])) }}
  order by counts.number
{%- endmacro %}
