{#- DuckDB's incremental strategies: delete+insert unless configured otherwise. -#}

{% macro duckdb__get_incremental_default_sql(arg_dict) -%}
  {{ return(get_incremental_delete_insert_sql(arg_dict)) }}
{%- endmacro %}

{#- dbt-duckdb's own alias for the target, unless the predicates name it as those of other warehouses do. -#}
{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {%- set predicates = dbt.predicate_list(incremental_predicates) -%}
  {%- set elsewhere = 'DBT_INTERNAL_DEST' -%}
  {%- set alias = elsewhere if elsewhere in predicates | join(' ') | upper else 'DBT_INCREMENTAL_TARGET' -%}
  {{ return(dbt.delete_insert_sql(target, source, unique_key, dest_columns, predicates, alias)) }}
{%- endmacro %}

{#- Replaces one batch: the rows whose event time lies in the batch's half-open interval. -#}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) -%}
  {%- set event_time = config.get('event_time') -%}
  {%- set batch = model.get('batch') or {} -%}
  {%- if not event_time -%}
    {%- do exceptions.raise_compiler_error(
        "microbatch incremental strategy requires an 'event_time' model config") -%}
  {%- elif config.get('unique_key') -%}
    {%- do exceptions.raise_compiler_error(
        "microbatch incremental strategy does not support 'unique_key': it replaces whole batches by 'event_time'."
        ~ " Remove 'unique_key' or use incremental_strategy='merge'.") -%}
  {%- elif not (batch.get('event_time_start') and batch.get('event_time_end')) -%}
    {%- do exceptions.raise_compiler_error(
        "microbatch incremental strategy requires 'batch.event_time_start' and 'batch.event_time_end'"
        ~ " to be set in the context") -%}
  {%- endif -%}
  {%- set in_batch -%}
    {{ event_time }} >= '{{ batch.event_time_start }}' and {{ event_time }} < '{{ batch.event_time_end }}'
  {%- endset -%}
  {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  delete from {{ arg_dict['target_relation'] }}
  where {{ in_batch }}
  {%- for predicate in normalize_incremental_predicates(arg_dict['incremental_predicates']) %}
    and ({{ predicate }})
  {%- endfor %};

  insert into {{ arg_dict['target_relation'] }} ({{ columns }})
  select {{ columns }}
  from {{ arg_dict['temp_relation'] }}
  where {{ in_batch }}
{%- endmacro %}
