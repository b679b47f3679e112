{#- A snapshot: a table that keeps each version of each row. The first run copies the query; each further run works
    out in a staging table which versions begin and which end, and merges that. -#}

{#- A table that keeps each version of each row. -#}
{% materialization snapshot, default -%}
  {%- set exists, target_relation = get_or_create_relation(
      database=model.database, schema=model.schema, identifier=model.alias, type='table') -%}
  {%- if not target_relation.is_table -%}
    {%- do exceptions.relation_wrong_type(target_relation, 'table') -%}
  {%- endif -%}
  {%- set staging_relation = none -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- set get_strategy = strategy_dispatch(config.get('strategy')) -%}
  {%- set strategy = get_strategy(model, 'snapshotted_data', 'source_data', model['config'], exists) -%}
  {%- if exists -%}
    {%- do adapter.assert_valid_snapshot_target_given_strategy(target_relation, dbt.snapshot_columns(), strategy) -%}
    {%- set select_sql = snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- set staging_relation = build_snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- set columns = dbt.add_snapshot_columns(staging_relation, target_relation, strategy) -%}
    {%- set build_sql = snapshot_merge_sql(target=target_relation, source=staging_relation, insert_cols=columns) -%}
  {%- else -%}
    {%- set select_sql = build_snapshot_table(strategy, sql) -%}
    {%- set build_sql = create_table_as(false, target_relation, select_sql) -%}
  {%- endif -%}
  {%- do check_time_data_types(select_sql) -%}

  {%- call statement('main') -%}
    {{ build_sql }}
  {%- endcall -%}

  {%- if exists -%}
    {%- set begun = 'select * from ' ~ staging_relation ~ " where dbt_change_type = 'insert'" -%}
    {%- do dbt.warn_of_repeated_keys(strategy, begun) -%}
  {%- else -%}
    {%- set begun = 'select ' ~ unique_key_fields(strategy.unique_key) ~ ' from ' ~ target_relation.render() -%}
    {%- do dbt.warn_of_repeated_keys(strategy, begun) -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {%- set revoke = should_revoke(exists, full_refresh_mode=false) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=revoke) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}

  {%- if staging_relation is not none -%}
    {%- do post_snapshot(staging_relation) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- `begun` selects the versions that begin with this run, with their keys. Those of rows with equal keys cannot be
    told apart: a later change of one ends them all. -#}
{% macro warn_of_repeated_keys(strategy, begun) -%}
  {%- set names = dbt.unique_key_names(strategy.unique_key) | join(', ') -%}
  {%- set repeated = run_query(
      'select ' ~ names ~ ', count(*) from (' ~ begun ~ ') as begun group by ' ~ names
      ~ ' having count(*) > 1 order by ' ~ names ~ ' limit 1') -%}
  {%- for row in repeated.rows -%}
    {%- set cells = row.values() | list -%}
    {%- do exceptions.warn(
        'Snapshot ' ~ model.name ~ ': `unique_key` is not unique, ' ~ cells[-1] ~ ' rows have ('
        ~ cells[:-1] | join(', ') ~ ')') -%}
  {%- endfor -%}
{%- endmacro %}


{#- Adds to the snapshot the columns that its query has gained; returns the quoted names of all columns to insert. -#}
{% macro add_snapshot_columns(staging_relation, target_relation, strategy) -%}
  {%- do adapter.expand_target_column_types(from_relation=staging_relation, to_relation=target_relation) -%}
  {%- set internal = ['dbt_change_type', 'dbt_unique_key'] -%}
  {%- if strategy.unique_key is not string -%}
    {%- for key in strategy.unique_key -%}
      {%- do internal.append('dbt_unique_key_' ~ loop.index) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- set missing = [] -%}
  {%- for column in adapter.get_missing_columns(staging_relation, target_relation)
      if column.name | lower not in internal -%}
    {%- do missing.append(column) -%}
  {%- endfor -%}
  {%- do create_columns(target_relation, missing) -%}
  {%- set quoted = [] -%}
  {%- for column in adapter.get_columns_in_relation(staging_relation)
      if column.name | lower not in internal -%}
    {%- do quoted.append(adapter.quote(column.name)) -%}
  {%- endfor -%}
  {{ return(quoted) }}
{%- endmacro %}

{#- Adds columns to a snapshot. -#}
{% macro create_columns(relation, columns) -%}
  {{ return(adapter.dispatch('create_columns', 'dbt')(relation, columns)) }}
{%- endmacro %}

{% macro default__create_columns(relation, columns) -%}
  {%- for column in columns -%}
    {%- call statement() -%}
      alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }};
    {%- endcall -%}
  {%- endfor -%}
{%- endmacro %}


{#- Puts the changes since the last run into a temporary table, and returns it. -#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) -%}
  {%- set staging_relation = make_temp_relation(target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(true, staging_relation, snapshot_staging_table(strategy, sql, target_relation)) }}
  {%- endcall -%}
  {{ return(staging_relation) }}
{%- endmacro %}

{#- Called after the commit, for warehouses that must drop the staging table themselves. -#}
{% macro post_snapshot(staging_relation) -%}
  {{ return(adapter.dispatch('post_snapshot', 'dbt')(staging_relation)) }}
{%- endmacro %}
{% macro default__post_snapshot(staging_relation) -%}{%- endmacro %}


{#- Ends the versions that the staging table ends, and inserts those that it begins. -#}
{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {{ return(adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols)) }}
{%- endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = dbt.snapshot_columns() -%}
  {%- set insert_columns = insert_cols | join(', ') -%}
  merge into {{ target.render() }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}
  when matched
    and {{ dbt.snapshot_is_current('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to) }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    then update set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  when not matched
    and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
    then insert ({{ insert_columns }}) values ({{ insert_columns }})
{%- endmacro %}


{#- Warns where the times of a snapshot are compared across types, which loses precision or the time zone. -#}
{% macro check_time_data_types(sql) -%}
  {%- set updated_at_type = get_updated_at_column_data_type(sql) -%}
  {%- set now_type = get_snapshot_get_time_data_type() -%}
  {%- if updated_at_type is not none and now_type is not none and updated_at_type != now_type -%}
    {%- do exceptions.warn_snapshot_timestamp_data_types(now_type, updated_at_type) -%}
  {%- endif -%}
{%- endmacro %}

{#- The type of the column `dbt_updated_at` in a snapshot's query. -#}
{% macro get_updated_at_column_data_type(snapshot_sql) -%}
  {%- for column in get_column_schema_from_query(snapshot_sql) if column.column | lower == 'dbt_updated_at' -%}
    {{ return(column.dtype) }}
  {%- endfor -%}
  {{ return(none) }}
{%- endmacro %}
