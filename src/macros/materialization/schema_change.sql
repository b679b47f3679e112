{#- What `on_schema_change` does when an incremental model's columns are no longer its table's. -#}

{#- The setting `on_schema_change`, or `ignore` where it is none. -#}
{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') -%}
  {%- if on_schema_change in ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'] -%}
    {{ return(on_schema_change) }}
  {%- endif -%}
  {%- do log(
      'Invalid value for on_schema_change (' ~ on_schema_change ~ ') specified. Setting default value of '
      ~ default ~ '.') -%}
  {{ return(default) }}
{%- endmacro %}


{#- Returns the columns to merge, or something empty where the table's own are to be used. -#}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) -%}
  {{ return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) }}
{%- endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
  {%- if on_schema_change == 'ignore' -%}
    {{ return({}) }}
  {%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if changes['schema_changed'] and on_schema_change == 'fail' -%}
    {%- do dbt.raise_schema_change_error(changes) -%}
  {%- elif changes['schema_changed'] -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}
  {{ return(changes['source_columns']) }}
{%- endmacro %}

{#- Fails the model because its columns changed and `on_schema_change` is `fail`. -#}
{% macro raise_schema_change_error(changes) -%}
  {%- set message -%}
    The source and target schemas on this incremental model are out of sync!
    They can be reconciled in several ways:
      - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation.
      - Re-run the incremental model with `full_refresh: True` to update the target schema.
      - update the schema manually and re-run the process.
    Source columns not in target: {{ changes['source_not_in_target'] }}
    Target columns not in source: {{ changes['target_not_in_source'] }}
    New column types: {{ changes['new_target_types'] }}
  {%- endset -%}
  {%- do exceptions.raise_compiler_error(message | replace('\n    ', '\n')) -%}
{%- endmacro %}


{#- Compares the columns of the new rows with the table's. -#}
{% macro check_for_schema_changes(source_relation, target_relation) -%}
  {{ return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) }}
{%- endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) -%}
  {%- set source_columns = adapter.get_columns_in_relation(source_relation) -%}
  {%- set target_columns = adapter.get_columns_in_relation(target_relation) -%}
  {%- set added = diff_columns(source_columns, target_columns) -%}
  {%- set removed = diff_columns(target_columns, source_columns) -%}
  {%- set retyped = diff_column_data_types(source_columns, target_columns) -%}
  {{ return({
    'schema_changed': (added or removed or retyped) | length > 0,
    'source_not_in_target': added,
    'target_not_in_source': removed,
    'source_columns': source_columns,
    'target_columns': target_columns,
    'new_target_types': retyped,
  }) }}
{%- endmacro %}

{#- The source columns whose names the target lacks. -#}
{% macro diff_columns(source_columns, target_columns) -%}
  {%- set target_names = target_columns | map(attribute='column') | list -%}
  {{ return(source_columns | rejectattr('name', 'in', target_names) | list) }}
{%- endmacro %}

{#- The columns in both whose type in the target cannot hold the source's. -#}
{% macro diff_column_data_types(source_columns, target_columns) -%}
  {{ return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) }}
{%- endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) -%}
  {%- set changes = [] -%}
  {%- for source in source_columns -%}
    {%- for target in target_columns if target.name == source.name -%}
      {%- set new_type = source.expanded_data_type -%}
      {%- if new_type != target.expanded_data_type and not source.can_expand_to(other_column=target) -%}
        {%- do changes.append({'column_name': target.name, 'new_type': new_type}) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(changes) }}
{%- endmacro %}


{#- Alters the table so that it has the columns of the new rows. -#}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) -%}
  {{ return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) }}
{%- endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) -%}
  {%- set sync_all = on_schema_change == 'sync_all_columns' -%}
  {%- set added = schema_changes_dict['source_not_in_target'] -%}
  {%- set removed = schema_changes_dict['target_not_in_source'] if sync_all else [] -%}
  {%- set retyped = schema_changes_dict['new_target_types'] if sync_all else [] -%}
  {%- if added or removed -%}
    {%- do alter_relation_add_remove_columns(target_relation, added, removed) -%}
  {%- endif -%}
  {%- for column in retyped -%}
    {%- do alter_column_type(target_relation, column['column_name'], column['new_type']) -%}
  {%- endfor -%}
  {%- do log(
      'In ' ~ target_relation ~ ' (' ~ on_schema_change ~ '): columns added: ' ~ added
      ~ ', removed: ' ~ removed ~ ', data types changed: ' ~ retyped) -%}
{%- endmacro %}
