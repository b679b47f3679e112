{#- A table that grows: the first run, or a full refresh, builds it like any table; each further run puts the
    model's new rows into a temporary table and merges them by the configured strategy, in one transaction. -#}

{#- A table that grows: each further run merges the model's new rows into it. -#}
{% materialization incremental, default, supported_languages=['sql', 'python'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set rebuild = existing_relation is none or existing_relation.is_view or should_full_refresh() -%}
  {%- set language = model['language'] -%}
  {#- Looked up first, so that an unknown strategy fails the first run and not the second. -#}
  {%- set get_strategy_sql = adapter.get_incremental_strategy_macro(
      context, config.get('incremental_strategy') or 'default') -%}

  {%- do dbt.drop_swap_leftovers(target_relation) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- if rebuild -%}
    {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
    {%- call statement('main', language=language) -%}
      {{ create_table_as(false, intermediate_relation, compiled_code, language) }}
    {%- endcall -%}
    {%- set obsolete_relation = dbt.swap_relation(existing_relation, intermediate_relation, target_relation) -%}
    {%- do create_indexes(target_relation) -%}
  {%- else -%}
    {%- set obsolete_relation = make_temp_relation(target_relation) -%}
    {%- call statement('create_temp_relation', language=language) -%}
      {{ create_table_as(true, obsolete_relation, compiled_code, language) }}
    {%- endcall -%}
    {%- call statement('main') -%}
      {{ dbt.get_incremental_sql(get_strategy_sql, target_relation, existing_relation, obsolete_relation) }}
    {%- endcall -%}
  {%- endif -%}

  {%- set revoke = should_revoke(existing_relation, rebuild) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=revoke) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}

  {%- do drop_relation_if_exists(obsolete_relation) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Brings the columns of the table in line with the new rows', then asks the strategy for its SQL. -#}
{% macro get_incremental_sql(get_strategy_sql, target_relation, existing_relation, temp_relation) -%}
  {%- do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change')) -%}
  {%- set synced_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation) -%}
  {{ return(get_strategy_sql({
    'target_relation': target_relation,
    'temp_relation': temp_relation,
    'unique_key': config.get('unique_key'),
    'dest_columns': synced_columns or adapter.get_columns_in_relation(existing_relation),
    'incremental_predicates': config.get('predicates') or config.get('incremental_predicates'),
  })) }}
{%- endmacro %}
