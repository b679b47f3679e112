{#- DuckDB's merge, which a model may shape further than the other warehouses': by conditions, by `merge_clauses`, which
    lists the clauses in full, and by `merge_on_using_columns`, which joins on columns of equal names. -#}

{#- Columns that only the table has are left as they are, and null in new rows. -#}
{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- do duckdb_validate_merge_config() -%}
  {%- set clauses = config.get('merge_clauses') or {} -%}
  {%- set update = {'action': 'update', 'condition': config.get('merge_update_condition'), 'update': {
    'include': config.get('merge_update_columns'),
    'exclude': config.get('merge_exclude_columns'),
    'set_expressions': config.get('merge_update_set_expressions'),
  }} -%}
  {%- set insert = {'action': 'insert', 'condition': config.get('merge_insert_condition')} -%}
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
  {{ duckdb_merge_join(unique_key, incremental_predicates) }}
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

{% macro duckdb_merge_join(unique_key, incremental_predicates) -%}
  {%- set using_columns = config.get('merge_on_using_columns') -%}
  {%- set predicates = dbt.predicate_list(incremental_predicates) -%}
  {%- if using_columns -%}
    using ({{ using_columns | join(', ') }}){{ ' on (' ~ predicates | join(') and (') ~ ')' if predicates }}
  {%- else -%}
    on {{ dbt.get_merge_condition(unique_key, predicates) }}
  {%- endif -%}
{%- endmacro %}

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

{#- Refuses settings that `merge_clauses` would silently override, and values of the wrong kind. -#}
{% macro duckdb_validate_merge_config() -%}
  {%- set errors = [] -%}
  {%- set clauses = config.get('merge_clauses') -%}
  {%- set overridden = [] -%}
  {%- for name in ['merge_update_condition', 'merge_insert_condition', 'merge_update_columns', 'merge_exclude_columns',
                   'merge_update_set_expressions'] if clauses and config.get(name) -%}
    {%- do overridden.append(name) -%}
  {%- endfor -%}
  {%- if overridden -%}
    {%- do errors.append('merge_clauses replaces these settings, which must be removed: ' ~ overridden | join(', ')) -%}
  {%- endif -%}
  {%- for name in ['merge_update_condition', 'merge_insert_condition'] -%}
    {%- set value = config.get(name) -%}
    {%- if value is not none and value is not string -%}
      {%- do errors.append(name ~ ' must be a string, found: ' ~ value) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for name in ['merge_on_using_columns', 'merge_update_columns', 'merge_exclude_columns', 'merge_returning_columns']
      if config.get(name) is not none -%}
    {%- do errors.extend(duckdb_list_errors(name, config.get(name))) -%}
  {%- endfor -%}
  {%- set expressions = config.get('merge_update_set_expressions') -%}
  {%- if expressions is not none and expressions is not mapping -%}
    {%- do errors.append('merge_update_set_expressions must be a dictionary, found: ' ~ expressions) -%}
  {%- endif -%}
  {%- if clauses is not none and clauses is not mapping -%}
    {%- do errors.append('merge_clauses must be a dictionary, found: ' ~ clauses) -%}
  {%- elif clauses is mapping -%}
    {%- if 'when_matched' not in clauses and 'when_not_matched' not in clauses -%}
      {%- do errors.append(
          "merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys") -%}
    {%- endif -%}
    {%- for kind, listed in clauses.items() -%}
      {%- do errors.extend(duckdb_clause_errors('merge_clauses.' ~ kind, listed)) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- if errors -%}
    {%- do exceptions.raise_compiler_error('MERGE configuration errors:\n' ~ errors | join('\n')) -%}
  {%- endif -%}
{%- endmacro %}

{% macro duckdb_list_errors(name, value) -%}
  {%- if value is mapping or value is string or value is not sequence -%}
    {{ return([name ~ ' must be a list']) }}
  {%- endif -%}
  {%- for item in value if item is not string -%}
    {{ return([name ~ ' must contain only string values, found: ' ~ item]) }}
  {%- endfor -%}
  {{ return([]) }}
{%- endmacro %}

{% macro duckdb_clause_errors(name, clauses) -%}
  {%- if clauses is mapping or clauses is string or clauses is not sequence -%}
    {{ return([name ~ ' must be a list']) }}
  {%- elif not clauses -%}
    {{ return([name ~ ' must contain at least one element']) }}
  {%- endif -%}
  {%- for clause in clauses if clause is not mapping -%}
    {{ return([name ~ ' elements must be dictionaries, found: ' ~ clause]) }}
  {%- endfor -%}
  {{ return([]) }}
{%- endmacro %}
