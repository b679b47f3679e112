{#- Incremental strategies. `incremental_strategy: <name>` calls `get_incremental_<name>_sql(arg_dict)`, of which a
    project may define its own; the keys of `arg_dict` are target_relation, temp_relation, unique_key, dest_columns
    and incremental_predicates. -#}

{#- The strategy of a model that names none. -#}
{% macro get_incremental_default_sql(arg_dict) -%}
  {{ return(adapter.dispatch('get_incremental_default_sql', 'dbt')(arg_dict)) }}
{%- endmacro %}
{% macro default__get_incremental_default_sql(arg_dict) -%}
  {{ return(get_incremental_append_sql(arg_dict)) }}
{%- endmacro %}

{#- Strategy `append`: inserts all new rows. -#}
{% macro get_incremental_append_sql(arg_dict) -%}
  {{ return(adapter.dispatch('get_incremental_append_sql', 'dbt')(arg_dict)) }}
{%- endmacro %}
{% macro default__get_incremental_append_sql(arg_dict) -%}
  {{ return(get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'])) }}
{%- endmacro %}

{#- Strategy `delete+insert`: deletes the rows that have a new row's key, then inserts. -#}
{% macro get_incremental_delete_insert_sql(arg_dict) -%}
  {{ return(adapter.dispatch('get_incremental_delete_insert_sql', 'dbt')(arg_dict)) }}
{%- endmacro %}
{% macro default__get_incremental_delete_insert_sql(arg_dict) -%}
  {{ return(get_delete_insert_merge_sql(
      arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'],
      arg_dict['incremental_predicates'])) }}
{%- endmacro %}

{#- Strategy `merge`: updates the rows that have a new row's key, inserts the others. -#}
{% macro get_incremental_merge_sql(arg_dict) -%}
  {{ return(adapter.dispatch('get_incremental_merge_sql', 'dbt')(arg_dict)) }}
{%- endmacro %}
{% macro default__get_incremental_merge_sql(arg_dict) -%}
  {{ return(get_merge_sql(
      arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'],
      arg_dict['incremental_predicates'])) }}
{%- endmacro %}

{#- Strategy `insert_overwrite`: replaces the partitions that the new rows fall into. -#}
{% macro get_incremental_insert_overwrite_sql(arg_dict) -%}
  {{ return(adapter.dispatch('get_incremental_insert_overwrite_sql', 'dbt')(arg_dict)) }}
{%- endmacro %}
{% macro default__get_incremental_insert_overwrite_sql(arg_dict) -%}
  {{ return(get_insert_overwrite_merge_sql(
      arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'],
      arg_dict['incremental_predicates'])) }}
{%- endmacro %}

{#- Strategy `microbatch`: replaces the rows of one batch by event time. -#}
{% macro get_incremental_microbatch_sql(arg_dict) -%}
  {{ return(adapter.dispatch('get_incremental_microbatch_sql', 'dbt')(arg_dict)) }}
{%- endmacro %}
{% macro default__get_incremental_microbatch_sql(arg_dict) -%}
  {{ exceptions.raise_not_implemented(
      'microbatch materialization strategy not implemented for adapter ' ~ adapter.type()) }}
{%- endmacro %}


{#- Inserts the rows of one relation into another. -#}
{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  insert into {{ target_relation }} ({{ columns }})
  select {{ columns }}
  from {{ temp_relation }}
{%- endmacro %}
