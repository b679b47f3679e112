{#- The queries of a snapshot: its first contents, and later the changes since the last run. -#}

{#- The names of the columns that a snapshot adds, if nothing else is configured. -#}
{% macro get_snapshot_table_column_names() -%}
  {{ return({
    'dbt_valid_from': 'dbt_valid_from',
    'dbt_valid_to': 'dbt_valid_to',
    'dbt_scd_id': 'dbt_scd_id',
    'dbt_updated_at': 'dbt_updated_at',
    'dbt_is_deleted': 'dbt_is_deleted',
  }) }}
{%- endmacro %}

{#- The names with those of `snapshot_meta_column_names`, which lists only what it changes. -#}
{% macro snapshot_columns() -%}
  {%- set configured = config.get('snapshot_meta_column_names') or {} -%}
  {%- set names = {} -%}
  {%- for column, name in get_snapshot_table_column_names().items() -%}
    {%- do names.update({column: configured[column] or name}) -%}
  {%- endfor -%}
  {{ return(names) }}
{%- endmacro %}

{#- Whether a version has not ended: its end is null, or the date configured to stand for that. -#}
{% macro snapshot_is_current(valid_to) -%}
  {%- set open_end = config.get('dbt_valid_to_current') -%}
  {%- if open_end -%}
    ({{ equals(valid_to, open_end) }} or {{ valid_to }} is null)
  {%- else -%}
    {{ valid_to }} is null
  {%- endif -%}
{%- endmacro %}

{#- The end of a version that begins now. It is always open; `updated_at` is mentioned only to give a null its type. -#}
{% macro get_dbt_valid_to_current(strategy, columns) -%}
  coalesce(
    nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}),
    {{ config.get('dbt_valid_to_current') or 'null' }}
  ) as {{ columns.dbt_valid_to }}
{%- endmacro %}


{#- The query of a snapshot's first run. -#}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ return(adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql)) }}
{%- endmacro %}

{% macro default__build_snapshot_table(strategy, sql) -%}
  {%- set columns = dbt.snapshot_columns() -%}
  select
    *,
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, columns) }}
    {{- ",\n    'False' as " ~ columns.dbt_is_deleted if strategy.hard_deletes == 'new_record' }}
  from (
    {{ sql }}
  ) as snapshot_query
{%- endmacro %}


{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ return(adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation)) }}
{%- endmacro %}

{#- One row a change. An `insert` begins a version; an `update` or a `delete` ends the one with its scd id.
    The parts are united by position, so each lists: the query's columns, the keys, updated at, valid from, valid to,
    scd id and, where deletions are recorded, the deletion mark. -#}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {%- set columns = dbt.snapshot_columns() -%}
  {%- set keys = strategy.unique_key -%}
  {%- set ends_deleted = strategy.hard_deletes in ['invalidate', 'new_record'] -%}
  {%- set records_deleted = strategy.hard_deletes == 'new_record' -%}
  {%- set was_deleted = 'snapshotted_data.' ~ columns.dbt_is_deleted ~ " = 'True'" -%}
  {%- set changed = strategy.row_changed ~ (' or ' ~ was_deleted if records_deleted else '') -%}
  with snapshot_query as (
    {{ source_sql }}
  ),
  snapshotted_data as (
    select *, {{ unique_key_fields(keys) }}
    from {{ target_relation }}
    where {{ dbt.snapshot_is_current(columns.dbt_valid_to) }}
  ),
  source_rows as (
    select
      *,
      {{ unique_key_fields(keys) }},
      {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ columns.dbt_valid_from }}
    from snapshot_query
  ),
  new_versions as (
    select
      *,
      {{ get_dbt_valid_to_current(strategy, columns) }},
      {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
    from source_rows
  )

  select
    'insert' as dbt_change_type,
    source_data.*
    {{- ",\n    'False' as " ~ columns.dbt_is_deleted if records_deleted }}
  from new_versions as source_data
  left join snapshotted_data
    on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
  where {{ unique_key_is_null(keys, 'snapshotted_data') }}
    or {{ changed }}

  union all

  select
    'update' as dbt_change_type,
    source_data.*,
    source_data.{{ columns.dbt_updated_at }} as {{ columns.dbt_valid_to }},
    snapshotted_data.{{ columns.dbt_scd_id }}
    {{- ',\n    snapshotted_data.' ~ columns.dbt_is_deleted if records_deleted }}
  from source_rows as source_data
  join snapshotted_data
    on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
  where {{ changed }}

  {%- if ends_deleted %}

  union all

  select
    'delete' as dbt_change_type,
    source_data.*,
    {{ snapshot_get_time() }} as {{ columns.dbt_valid_to }},
    snapshotted_data.{{ columns.dbt_scd_id }}
    {{- ',\n    snapshotted_data.' ~ columns.dbt_is_deleted if records_deleted }}
  from snapshotted_data
  left join source_rows as source_data
    on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
  where {{ unique_key_is_null(keys, 'source_data') }}
    {{- '\n    and not ' ~ was_deleted if records_deleted }}
  {%- endif %}

  {%- if records_deleted %}

  union all

  {{ dbt.snapshot_deletion_records(strategy, source_sql, target_relation, columns) }}
  {%- endif %}
{%- endmacro %}

{#- A version for each row that has gone, with its last values and the deletion mark. -#}
{% macro snapshot_deletion_records(strategy, source_sql, target_relation, columns) -%}
  {%- set keys = strategy.unique_key -%}
  {%- set scd_id = snapshot_hash_arguments(['snapshotted_data.' ~ columns.dbt_scd_id, snapshot_get_time()]) -%}
  {%- set snapshotted_names = get_list_of_column_names(adapter.get_columns_in_relation(target_relation)) -%}
  select
    'insert' as dbt_change_type,
    {%- for name in get_columns_in_query(source_sql) %}
    {{ 'snapshotted_data' if name in snapshotted_names else 'source_data' }}.{{ adapter.quote(name) }},
    {%- endfor %}
    {%- for name in dbt.unique_key_names(keys) %}
    snapshotted_data.{{ name }},
    {%- endfor %}
    {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
    {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
    snapshotted_data.{{ columns.dbt_valid_to }},
    {{ scd_id }} as {{ columns.dbt_scd_id }},
    'True' as {{ columns.dbt_is_deleted }}
  from snapshotted_data
  left join source_rows as source_data
    on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
  where {{ unique_key_is_null(keys, 'source_data') }}
    and not snapshotted_data.{{ columns.dbt_is_deleted }} = 'True'
{%- endmacro %}


{#- The columns under which both sides carry their keys, so that a key may be any expression. -#}
{% macro unique_key_names(unique_key) -%}
  {%- if unique_key is string -%}
    {{ return(['dbt_unique_key']) }}
  {%- endif -%}
  {%- set names = [] -%}
  {%- for key in unique_key -%}
    {%- do names.append('dbt_unique_key_' ~ loop.index) -%}
  {%- endfor -%}
  {{ return(names) }}
{%- endmacro %}

{#- The keys of a row under the names by which both sides carry them. -#}
{% macro unique_key_fields(unique_key) -%}
  {%- set keys = [unique_key] if unique_key is string else unique_key -%}
  {%- for name in dbt.unique_key_names(unique_key) -%}
    {{ keys[loop.index0] }} as {{ name }}{{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}

{#- When two rows have the same keys. -#}
{% macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
  {%- for name in dbt.unique_key_names(unique_key) -%}
    {{ equals(identifier ~ '.' ~ name, from_identifier ~ '.' ~ name) }}{{ ' and ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}

{#- When a row is missing on one side of a join. -#}
{% macro unique_key_is_null(unique_key, identifier) -%}
  {{ identifier }}.{{ dbt.unique_key_names(unique_key)[0] }} is null
{%- endmacro %}

{#- When a row is there on one side of a join. -#}
{% macro unique_key_is_not_null(unique_key, identifier) -%}
  {{ identifier }}.{{ dbt.unique_key_names(unique_key)[0] }} is not null
{%- endmacro %}
