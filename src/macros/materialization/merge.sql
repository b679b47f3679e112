{#- The statements of the strategies that replace rows. -#}

{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {#- `predicates` is the argument's old name. -#}
  {{ return(adapter.dispatch('get_merge_sql', 'dbt')(
      target, source, unique_key, dest_columns, kwargs.get('predicates', incremental_predicates))) }}
{%- endmacro %}

{#- Without a unique key nothing matches, and all rows are inserted. -#}
{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- set update_columns = get_merge_update_columns(
      config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) -%}
  {{ config.get('sql_header') or '' }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on {{ dbt.get_merge_condition(unique_key, incremental_predicates) }}
  {%- if unique_key %}
  when matched then update set
    {% for column in update_columns -%}
      {{ column }} = DBT_INTERNAL_SOURCE.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor %}
  {%- endif %}
  when not matched then insert
    ({{ columns }})
  values
    ({{ columns }})
{%- endmacro %}

{#- When a row of the source is a row of the target: all predicates hold and the keys are equal. -#}
{% macro get_merge_condition(unique_key, incremental_predicates=none) -%}
  {%- set conditions = [] + dbt.predicate_list(incremental_predicates) -%}
  {%- if not unique_key -%}
    {%- do conditions.append('FALSE') -%}
  {%- endif -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key or []) -%}
    {%- do conditions.append(get_merge_unique_key_match('DBT_INTERNAL_SOURCE.' ~ key, 'DBT_INTERNAL_DEST.' ~ key)) -%}
  {%- endfor -%}
  ({{ conditions | join(') and (') }})
{%- endmacro %}

{#- One predicate may stand without its list. -#}
{% macro predicate_list(predicates) -%}
  {{ return([predicates] if predicates is string else predicates or []) }}
{%- endmacro %}

{#- When a key of the source and one of the target are the same. -#}
{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {{ return(adapter.dispatch('get_merge_unique_key_match', 'dbt')(source_unique_key, target_unique_key)) }}
{%- endmacro %}

{% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {{ return(equals(source_unique_key, target_unique_key)) }}
{%- endmacro %}

{#- The columns that a matching row takes over: those named, all but those excluded, or all. -#}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) -%}
  {{ return(adapter.dispatch('get_merge_update_columns', 'dbt')(
      merge_update_columns, merge_exclude_columns, dest_columns)) }}
{%- endmacro %}

{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) -%}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {{ exceptions.raise_compiler_error(
        'Model cannot specify merge_update_columns and merge_exclude_columns.'
        ~ ' Please update model to use only one config') }}
  {%- elif merge_update_columns -%}
    {{ return(merge_update_columns) }}
  {%- endif -%}
  {%- set excluded = (merge_exclude_columns or []) | map('lower') | list -%}
  {%- set columns = [] -%}
  {%- for column in dest_columns if column.name | lower not in excluded -%}
    {%- do columns.append(column.quoted) -%}
  {%- endfor -%}
  {{ return(columns) }}
{%- endmacro %}


{#- Deletes the rows that have a new row's key, then inserts the new rows. -#}
{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {{ return(adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(
      target, source, unique_key, dest_columns, incremental_predicates)) }}
{%- endmacro %}

{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {{ return(dbt.delete_insert_sql(
      target, source, unique_key, dest_columns, dbt.predicate_list(incremental_predicates), 'DBT_INTERNAL_DEST')) }}
{%- endmacro %}

{#- `alias` is what the predicates call the target. -#}
{% macro delete_insert_sql(target, source, unique_key, dest_columns, predicates, alias) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- if unique_key -%}
    {%- set key = unique_key if unique_key is string else unique_key | join(', ') -%}
    delete from {{ target }} as {{ alias }}
    where ({{ key }}) in (
      select distinct {{ key }}
      from {{ source }} as DBT_INTERNAL_SOURCE
    )
    {%- for predicate in predicates %}
      and ({{ predicate }})
    {%- endfor %};
  {% endif -%}
  insert into {{ target }} ({{ columns }})
  select {{ columns }}
  from {{ source }}
{%- endmacro %}


{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
  {{ return(adapter.dispatch('get_insert_overwrite_merge_sql', 'dbt')(
      target, source, dest_columns, predicates, include_sql_header)) }}
{%- endmacro %}

{#- Deletes what the predicates select, and inserts all new rows, in one statement. -#}
{% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {{ (config.get('sql_header') or '') if include_sql_header }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on FALSE
  when not matched by source {{ 'and ' ~ predicates | join(' and ') if predicates }}
    then delete
  when not matched then insert
    ({{ columns }})
  values
    ({{ columns }})
{%- endmacro %}
