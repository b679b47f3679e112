{#- A seed: a table filled from a CSV file. Its rows are replaced in one transaction; a full refresh replaces the
    table as well, which a changed set of columns needs. -#}

{#- A table filled from a CSV file, whose rows are replaced in one transaction. -#}
{% materialization seed, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set full_refresh = should_full_refresh() -%}
  {%- set rows = load_agate_table() -%}
  {%- set row_count = rows.rows | length -%}

  {%- if existing_relation is not none and existing_relation.is_view -%}
    {%- do exceptions.raise_compiler_error("Cannot seed to '" ~ existing_relation.render() ~ "', it is a view") -%}
  {%- endif -%}
  {%- do store_result('agate_table', response='OK', agate_table=rows) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- if existing_relation is none -%}
    {%- set table_sql = create_csv_table(model, rows) -%}
  {%- else -%}
    {%- set table_sql = reset_csv_table(model, full_refresh, existing_relation, rows) -%}
  {%- endif -%}
  {%- set rows_sql = load_csv_rows(model, rows) if row_count > 0 else '' -%}
  {%- set code = 'CREATE' if full_refresh else 'INSERT' -%}
  {%- call noop_statement('main', code ~ ' ' ~ row_count, code, row_count) -%}
    {{ get_csv_sql(table_sql, rows_sql) }};
  {%- endcall -%}

  {%- if full_refresh or existing_relation is none -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {%- set revoke = should_revoke(existing_relation, full_refresh) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=revoke) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}

  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Creates the empty table. Each of these macros returns the SQL that it ran, for the compiled file. -#}
{% macro create_csv_table(model, agate_table) -%}
  {{ return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) -%}
  {%- set configured_types = model['config'].get('column_types') or {} -%}
  {%- set columns = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- set type = configured_types.get(name) or adapter.convert_type(agate_table, loop.index0) -%}
    {%- set quoted = adapter.quote_seed_column(name | string, model['config'].get('quote_columns')) -%}
    {%- do columns.append(quoted ~ ' ' ~ type) -%}
  {%- endfor -%}
  {%- set sql = 'create table ' ~ this.render() ~ ' (' ~ columns | join(', ') ~ ')' -%}
  {%- call statement() -%}
    {{ sql }}
  {%- endcall -%}
  {{ return(sql) }}
{%- endmacro %}

{#- Empties the table, or on a full refresh makes it anew. -#}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{ return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) }}
{%- endmacro %}

{#- The drop is a statement of its own because `adapter.drop_relation` would run outside the transaction. -#}
{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {%- if full_refresh -%}
    {%- call statement() -%}
      {{ get_drop_sql(old_relation) }}
    {%- endcall -%}
    {{ return(create_csv_table(model, agate_table)) }}
  {%- endif -%}
  {%- do adapter.truncate_relation(old_relation) -%}
  {{ return('truncate table ' ~ old_relation.render()) }}
{%- endmacro %}

{% macro load_csv_rows(model, agate_table) -%}
  {{ return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) }}
{%- endmacro %}

{#- Inserts in batches with bound values; returns the first batch's SQL. -#}
{% macro default__load_csv_rows(model, agate_table) -%}
  {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
  {%- set placeholders = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- do placeholders.append(get_binding_char()) -%}
  {%- endfor -%}
  {%- set statements = [] -%}
  {%- for batch in agate_table.rows | batch(get_batch_size()) -%}
    {%- set bindings = [] -%}
    {%- set tuples = [] -%}
    {%- for row in batch -%}
      {%- do bindings.extend(row) -%}
      {%- do tuples.append('(' ~ placeholders | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql = 'insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values ' ~ tuples | join(', ') -%}
    {%- do adapter.add_query(sql, bindings=bindings, abridge_sql_log=true) -%}
    {%- do statements.append(sql) -%}
  {%- endfor -%}
  {{ return(statements[0]) }}
{%- endmacro %}

{#- What the compiled file of the seed says. -#}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) -%}
  {{ return(adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql)) }}
{%- endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) -%}
  {{ create_or_truncate_sql }};
  -- dbt seed --
  {{ insert_sql }}
{%- endmacro %}


{#- What stands for a bound value in an `insert`. -#}
{% macro get_binding_char() -%}{{ return(adapter.dispatch('get_binding_char', 'dbt')()) }}{%- endmacro %}
{% macro default__get_binding_char() -%}{{ return('%s') }}{%- endmacro %}

{#- How many rows of a seed one `insert` has. -#}
{% macro get_batch_size() -%}{{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}{%- endmacro %}
{% macro default__get_batch_size() -%}{{ return(10000) }}{%- endmacro %}

{#- The names of a seed's columns, quoted as configured and joined by commas. -#}
{% macro get_seed_column_quoted_csv(model, column_names) -%}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote_seed_column(name, model['config'].get('quote_columns'))) -%}
  {%- endfor -%}
  {{ return(quoted | join(', ')) }}
{%- endmacro %}
