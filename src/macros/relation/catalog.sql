{#- The rows behind `docs generate` and `source freshness`. -#}

{#- One row a column: table_database, table_schema, table_name, table_type, table_comment, table_owner,
    column_name, column_index, column_type, column_comment. -#}
{% macro get_catalog(information_schema, schemas) -%}
  {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}

{% macro default__get_catalog(information_schema, schemas) -%}
  {{ exceptions.raise_compiler_error('get_catalog not implemented for ' ~ adapter.type()) }}
{%- endmacro %}

{#- The catalogue of some relations only. -#}
{% macro get_catalog_relations(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_catalog_relations(information_schema, relations) -%}
  {{ exceptions.raise_compiler_error('get_catalog_relations not implemented for ' ~ adapter.type()) }}
{%- endmacro %}

{#- The catalogue's rows of one relation. -#}
{% macro get_catalog_for_single_relation(relation) -%}
  {{ return(adapter.dispatch('get_catalog_for_single_relation', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_catalog_for_single_relation(relation) -%}
  {{ exceptions.raise_not_implemented(
      'get_catalog_for_single_relation macro not implemented for adapter ' ~ adapter.type()) }}
{%- endmacro %}


{#- How large the tables of these schemas are, for the docs site: a list of mappings with table_database, table_schema,
    table_name, rows and bytes, what is not known as none. A warehouse that says nothing has none. -#}
{% macro get_table_sizes(information_schema, schemas) -%}
  {{ return(adapter.dispatch('get_table_sizes', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}

{% macro default__get_table_sizes(information_schema, schemas) -%}
  {{ return([]) }}
{%- endmacro %}

{#- One row: max_loaded_at and snapshotted_at. -#}
{% macro collect_freshness(source, loaded_at_field, filter) -%}
  {{ return(adapter.dispatch('collect_freshness', 'dbt')(source, loaded_at_field, filter)) }}
{%- endmacro %}

{% macro default__collect_freshness(source, loaded_at_field, filter) -%}
  {%- call statement('collect_freshness', fetch_result=true, auto_begin=false) -%}
    select
      max({{ loaded_at_field }}) as max_loaded_at,
      {{ current_timestamp() }} as snapshotted_at
    from {{ source }}
    {{ 'where ' ~ filter if filter }}
  {%- endcall -%}
  {{ return(load_result('collect_freshness')) }}
{%- endmacro %}

{#- One row: max_loaded_at, by the source's own `loaded_at_query`, and snapshotted_at. -#}
{% macro collect_freshness_custom_sql(source, loaded_at_query) -%}
  {{ return(adapter.dispatch('collect_freshness_custom_sql', 'dbt')(source, loaded_at_query)) }}
{%- endmacro %}

{% macro default__collect_freshness_custom_sql(source, loaded_at_query) -%}
  {%- call statement('collect_freshness_custom_sql', fetch_result=true, auto_begin=false) -%}
    select
      (
        {{ loaded_at_query }}
      ) as max_loaded_at,
      {{ current_timestamp() }} as snapshotted_at
  {%- endcall -%}
  {{ return(load_result('collect_freshness_custom_sql')) }}
{%- endmacro %}

{#- Freshness from the warehouse's own records: rows of schema, identifier, last_modified, snapshotted_at. -#}
{% macro get_relation_last_modified(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_relation_last_modified', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_relation_last_modified(information_schema, relations) -%}
  {{ exceptions.raise_not_implemented(
      'get_relation_last_modified macro not implemented for adapter ' ~ adapter.type()) }}
{%- endmacro %}
