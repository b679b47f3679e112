{#- Snapshot strategies: how a snapshot tells that a row has changed. `strategy: <name>` calls
    `snapshot_<name>_strategy`, of which a project may define its own. Each returns a dict of SQL expressions:
    unique_key, updated_at, row_changed and scd_id (the id of one version of a row), and the setting hard_deletes. -#}

{#- Finds the strategy's macro; `package.name` looks into that package only. -#}
{% macro strategy_dispatch(name) -%}
  {%- set package_name, strategy = name.split('.', 1) if '.' in name else (none, name) -%}
  {%- if package_name is not none and package_name not in context -%}
    {%- do exceptions.raise_compiler_error(
        "Could not find package '" ~ package_name ~ "', called with '" ~ name ~ "'") -%}
  {%- endif -%}
  {%- set macros = context if package_name is none else context[package_name] -%}
  {%- set macro_name = 'snapshot_' ~ strategy ~ '_strategy' -%}
  {%- if macro_name not in macros -%}
    {%- do exceptions.raise_compiler_error(
        "The specified strategy macro '" ~ strategy ~ "' was not found in package '" ~ package_name ~ "'") -%}
  {%- endif -%}
  {{ return(macros[macro_name]) }}
{%- endmacro %}


{#- A row has changed when its own time says so. Compared is the time that the snapshot recorded, since a snapshot
    begun with another strategy has no other. -#}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
  {%- set updated_at = config.get('updated_at') -%}
  {%- set valid_from = dbt.snapshot_columns().dbt_valid_from -%}
  {{ return(dbt.snapshot_strategy(
      updated_at,
      '(' ~ snapshotted_rel ~ '.' ~ valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')')) }}
{%- endmacro %}

{#- A row has changed when one of its columns has; all of them have when the query gained a column. -#}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
  {%- set column_added, check_columns =
      snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}
  {%- set differences = [get_true_sql()] if column_added else [] -%}
  {%- for column in check_columns or [] if not column_added -%}
    {%- do differences.append(snapshotted_rel ~ '.' ~ column ~ ' is distinct from ' ~ current_rel ~ '.' ~ column) -%}
  {%- endfor -%}
  {{ return(dbt.snapshot_strategy(
      config.get('updated_at') or snapshot_get_time(),
      '(' ~ differences | join(' or ') ~ ')')) }}
{%- endmacro %}

{#- The dict that every strategy returns. -#}
{% macro snapshot_strategy(updated_at, row_changed) -%}
  {%- set unique_key = config.get('unique_key') -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
  {{ return({
    'unique_key': unique_key,
    'updated_at': updated_at,
    'row_changed': row_changed,
    'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at)),
    'invalidate_hard_deletes': hard_deletes == 'invalidate',
    'hard_deletes': hard_deletes,
  }) }}
{%- endmacro %}

{#- Returns whether a checked column is new to the snapshot, and the quoted names of those that are not.
    A query tells the names as the warehouse spells them, which the config may not. -#}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- if not target_exists -%}
    {{ return((false, none)) }}
  {%- endif -%}
  {%- if check_cols_config == 'all' -%}
    {%- set checked = get_columns_in_query(node['compiled_code']) -%}
  {%- elif check_cols_config is iterable and check_cols_config is not string and check_cols_config -%}
    {%- set checked = get_columns_in_query(
        'select ' ~ check_cols_config | join(', ') ~ ' from (\n' ~ node['compiled_code'] ~ '\n) as snapshot_query') -%}
  {%- else -%}
    {%- do exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) -%}
  {%- endif -%}
  {%- set target_relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set existing = get_list_of_column_names(adapter.get_columns_in_relation(target_relation)) -%}
  {%- set known = [] -%}
  {%- for name in checked if name in existing -%}
    {%- do known.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {{ return((known | length < checked | length, known)) }}
{%- endmacro %}


{#- An id from several columns: equal values give equal ids on every run. -#}
{% macro snapshot_hash_arguments(args) -%}
  {{ return(adapter.dispatch('snapshot_hash_arguments', 'dbt')(args)) }}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
  {%- set texts = [] -%}
  {%- for arg in args -%}
    {%- do texts.append('coalesce(cast(' ~ arg ~ " as varchar), '')") -%}
  {%- endfor -%}
  md5({{ texts | join(" || '|' || ") }})
{%- endmacro %}

{#- A text that holds a time, as an SQL expression of the snapshot's time type. -#}
{% macro snapshot_string_as_time(timestamp) -%}
  {{ return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) -%}
  {{ exceptions.raise_not_implemented('snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) }}
{%- endmacro %}

{#- A condition that always holds. -#}
{% macro get_true_sql() -%}{{ return(adapter.dispatch('get_true_sql', 'dbt')()) }}{%- endmacro %}
{% macro default__get_true_sql() -%}{{ return('TRUE') }}{%- endmacro %}
