{#- DuckDB's merge, which a model may shape further than the other warehouses': by conditions, by `merge_clauses`, which
    lists the clauses in full, and by `merge_on_using_columns`, which joins on columns of equal names. -#}

{#- Columns that only the table has are left as they are, and null in new rows. -#}
{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- do validate_merge_config(config, target) -%}
  {%- set clauses = config.get('merge_clauses') or {} -%}
  {%- set defaults = merge_clause_defaults(
      config.get('merge_update_condition'), config.get('merge_insert_condition'), config.get('merge_update_columns'),
      config.get('merge_exclude_columns'), config.get('merge_update_set_expressions')) -%}
  {%- set update = defaults.when_matched_update_explicit -%}
  {%- set insert = dict(defaults.when_not_matched_insert_by_name, mode='explicit') -%}
  {%- set source_names = adapter.get_columns_in_relation(source) | map(attribute='name') | map('lower') | list -%}
  {%- set columns = [] -%}
  {%- for column in dest_columns if column.name | lower in source_names -%}
    {%- do columns.append(column) -%}
  {%- endfor -%}
  {%- set has_key = unique_key or config.get('merge_on_using_columns') -%}
  {%- set returning = config.get('merge_returning_columns') -%}
  {{ config.get('sql_header') or '' }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  {{ duckdb__merge_join_clause(unique_key, config.get('merge_on_using_columns'), incremental_predicates) }}
  {%- for clause in clauses.get('when_matched', [update] if has_key else []) %}
  when matched{{ duckdb_merge_condition(clause) }} then
    {{ duckdb_merge_action(clause, columns) }}
  {%- endfor %}
  {%- for clause in clauses.get('when_not_matched', [insert]) %}
  when not matched{{ ' by ' ~ clause['by'] if clause.get('by') }}{{ duckdb_merge_condition(clause) }} then
    {{ duckdb_merge_action(clause, columns) }}
  {%- endfor %}
  {{ 'returning ' ~ (returning if returning is string else returning | join(', ')) if returning }}
{%- endmacro %}

{#- The statement of strategy `merge` from a strategy's arguments. -#}
{% macro duckdb__get_incremental_merge_sql(args_dict) -%}
  {{ return(get_merge_sql(
      args_dict['target_relation'], args_dict['temp_relation'], args_dict['unique_key'], args_dict['dest_columns'],
      normalize_incremental_predicates(args_dict.get('incremental_predicates')))) }}
{%- endmacro %}

{#- The join of a merge: `on` the keys, or `using` the columns that are configured. -#}
{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) -%}
  {%- set predicates = normalize_incremental_predicates(incremental_predicates) -%}
  {%- if merge_on_using_columns -%}
    using ({{ merge_on_using_columns | join(', ') }})
    {{- ' on (' ~ predicates | join(') and (') ~ ')' if predicates }}
  {%- else -%}
    on {{ dbt.get_merge_condition(unique_key, predicates) }}
  {%- endif -%}
{%- endmacro %}

{#- The clauses of a merge that lists none. -#}
{% macro merge_clause_defaults(
    merge_update_condition, merge_insert_condition, merge_update_columns=[], merge_exclude_columns=[],
    merge_update_set_expressions={}) -%}
  {{ return({
    'when_matched_update_by_name': {'action': 'update', 'condition': merge_update_condition, 'mode': 'by_name'},
    'when_not_matched_insert_by_name': {'action': 'insert', 'condition': merge_insert_condition, 'mode': 'by_name'},
    'when_matched_update_explicit': {
      'action': 'update',
      'condition': merge_update_condition,
      'mode': 'explicit',
      'update': {
        'include': merge_update_columns,
        'exclude': merge_exclude_columns,
        'set_expressions': merge_update_set_expressions,
      },
    },
  }) }}
{%- endmacro %}

{#- The condition of one clause of a merge. -#}
{% macro duckdb_merge_condition(clause) -%}
  {%- set condition = clause.get('condition') -%}
  {{ ' and (' ~ (condition if condition is string else condition | join(') and (')) ~ ')' if condition }}
{%- endmacro %}

{#- What a clause does: names every column unless its mode lets DuckDB match them up. -#}
{% macro duckdb_merge_action(clause, dest_columns) -%}
  {%- set action = clause['action'] -%}
  {%- set mode = clause.get('mode') -%}
  {%- if action == 'error' -%}
    error {{ string_literal(escape_single_quotes(clause['error_message'])) if clause.get('error_message') }}
  {%- elif action not in ['update', 'insert'] -%}
    {{ action | replace('_', ' ') }}
  {%- elif mode in ['by_name', 'by_position'] -%}
    {{ action }} {{ mode | replace('_', ' ') }}
  {%- elif mode == 'star' -%}
    {{ 'update set *' if action == 'update' else 'insert *' }}
  {%- elif action == 'update' -%}
    update set {{ duckdb_merge_assignments(clause, dest_columns) }}
  {%- else -%}
    {%- set insert = clause.get('insert') or {} -%}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
    insert ({{ insert['columns'] | join(', ') if insert.get('columns') else columns }})
    values ({{ insert['values'] | join(', ') if insert.get('values') else columns }})
  {%- endif -%}
{%- endmacro %}

{#- A clause's own `set_expressions` stand alone, for rows that the source lacks; those under `update` come first. -#}
{% macro duckdb_merge_assignments(clause, dest_columns) -%}
  {%- set update = clause.get('update') or {} -%}
  {%- set expressions = clause.get('set_expressions') or update.get('set_expressions') or {} -%}
  {%- set assignments = [] -%}
  {%- for column, expression in expressions.items() -%}
    {%- do assignments.append(column ~ ' = ' ~ expression) -%}
  {%- endfor -%}
  {%- if not clause.get('set_expressions') -%}
    {%- set columns = get_merge_update_columns(update.get('include'), update.get('exclude'), dest_columns) -%}
    {%- for column in columns if column | replace('"', '') not in expressions -%}
      {%- do assignments.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ assignments | join(', ') }}
{%- endmacro %}
