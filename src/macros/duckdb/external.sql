{#- External models: a file that DuckDB writes, and a view that reads it. -#}

{#- A file that the warehouse writes, and a view that reads it. -#}
{% materialization external, adapter='duckdb', supported_languages=['sql', 'python'] -%}
  {%- set location = render(config.get('location') or external_location(this, config)) -%}
  {%- set options = render_write_options(config) -%}
  {%- set write_options = adapter.external_write_options(location, options) -%}
  {%- set read_location = adapter.external_read_location(location, options) -%}
  {%- set format = duckdb_external_format(location, options) -%}
  {%- set language = model['language'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set rows_relation = make_temp_relation(this.incorporate(type='table')) -%}
  {%- if config.get('plugin') or config.get('glue_register') -%}
    {%- do exceptions.raise_compiler_error('`plugin` and `glue_register` of an external model need Python') -%}
  {%- endif -%}

  {%- do dbt.drop_swap_leftovers(target_relation) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- call statement('main', language=language) -%}
    {{ create_table_as(true, rows_relation, compiled_code, language) }}
  {%- endcall -%}
  {%- set columns = adapter.get_columns_in_relation(rows_relation) -%}
  {%- set empty = run_query('select count(*) from ' ~ rows_relation)[0][0] == 0 -%}
  {%- if empty -%}
    {%- do duckdb_insert_null_row(rows_relation, columns) -%}
  {%- endif -%}
  {%- do write_to_file(rows_relation, location, write_options) -%}
  {%- call statement('create_view') -%}
    create view {{ intermediate_relation.render() }} as (
      {{ duckdb_external_select(read_location, format, options, columns if empty else none) }}
    )
  {%- endcall -%}
  {%- do dbt.swap_relation(existing_relation, intermediate_relation, target_relation) -%}

  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}

  {%- do adapter.drop_relation(rows_relation) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Some formats keep no columns without a row, and no file without one where rows are partitioned. -#}
{% macro duckdb_insert_null_row(relation, columns) -%}
  {%- set nulls = [] -%}
  {%- for column in columns -%}
    {%- do nulls.append('null') -%}
  {%- endfor -%}
  {%- call statement() -%}
    insert into {{ relation.render() }} values ({{ nulls | join(', ') }})
  {%- endcall -%}
{%- endmacro %}

{#- Reads the file back; `null_columns` are those of the row that stands for no rows. -#}
{% macro duckdb_external_select(location, format, options, null_columns) -%}
  {%- set defaults = {'union_by_name': false} if format == 'parquet' else {'auto_detect': true} -%}
  {%- set read_options = dict(config.get(format ~ '_read_options') or defaults) -%}
  {%- if format != 'parquet' and options.get('compression') and 'compression' not in read_options -%}
    {%- do read_options.update({'compression': options['compression']}) -%}
  {%- endif -%}
  {%- set arguments = [string_literal(escape_single_quotes(location))] -%}
  {%- for name, value in read_options.items() -%}
    {%- do arguments.append(name ~ ' = ' ~ (string_literal(value) if value is string else value)) -%}
  {%- endfor -%}
  select * from read_{{ format }}({{ arguments | join(', ') }})
  {%- for column in null_columns or [] %}
  {{ 'where' if loop.first else 'or' }} {{ column.quoted }} is not null
  {%- endfor -%}
{%- endmacro %}

{#- The format to read, as the model or else the extension of its file says. -#}
{% macro duckdb_external_format(location, options) -%}
  {%- set formats = ['csv', 'parquet', 'json'] -%}
  {%- if config.get('format') and config.get('format') not in formats -%}
    {%- do exceptions.raise_compiler_error(
        'Invalid format: ' ~ config.get('format') ~ '. Allowed formats are: ' ~ formats | join(', ')) -%}
  {%- endif -%}
  {%- set extension = (location | lower | replace('.gz', '') | replace('.zst', '')).split('.')[-1] -%}
  {%- set implied = 'csv' if options.get('delimiter') else 'parquet' -%}
  {{ return(options.get('format') or (extension if extension in formats else implied)) }}
{%- endmacro %}


{#- Where a model is written unless it says: below the profile's root, as a file, or as a folder when partitioned. -#}
{% macro external_location(relation, config) -%}
  {%- set partitioned = (config.get('options') or {}).get('partition_by') is not none -%}
  {%- set extension = '' if partitioned else '.' ~ config.get('format', 'parquet') -%}
  {{ adapter.external_root() }}/{{ relation.identifier }}{{ extension }}
{%- endmacro %}

{#- The `options` of a model, rendered, with `format` and `delimiter`, which may also stand beside them. -#}
{% macro render_write_options(config) -%}
  {%- set configured = config.get('options') or {} -%}
  {%- if configured is not mapping -%}
    {%- do exceptions.raise_compiler_error('The options argument must be a dictionary') -%}
  {%- endif -%}
  {%- set options = {} -%}
  {%- for name, value in configured.items() -%}
    {%- do options.update({name: render(value)}) -%}
  {%- endfor -%}
  {%- for name in ['format', 'delimiter'] if config.get(name) -%}
    {%- do options.update({name: render(config.get(name))}) -%}
  {%- endfor -%}
  {{ return(options) }}
{%- endmacro %}

{#- Copies the rows of a relation to a file, with the options of `copy … to`. -#}
{% macro write_to_file(relation, location, options) -%}
  {%- call statement('write_to_file') -%}
    copy {{ relation }} to {{ string_literal(escape_single_quotes(location)) }} ({{ options }})
  {%- endcall -%}
{%- endmacro %}

{#- Whether a location can be read as a table. -#}
{% macro location_exists(location) -%}
  {{ return(adapter.location_exists(location)) }}
{%- endmacro %}


{#- For `on-run-start`: makes the views of external models that this run reads but does not build, so that a database in
    memory can be worked on in parts. -#}
{% macro register_upstream_external_models() -%}
  {%- if execute -%}
    {%- set upstream_ids = [] -%}
    {%- for unique_id in selected_resources if unique_id in graph.nodes -%}
      {%- for parent_id in graph.nodes[unique_id].depends_on.nodes
          if parent_id not in selected_resources and parent_id not in upstream_ids -%}
        {%- do upstream_ids.append(parent_id) -%}
      {%- endfor -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values()
        if node.unique_id in upstream_ids and node.config.materialized == 'external' -%}
      {%- do duckdb_register_external_model(node) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{#- Makes the view over the file of one external model. -#}
{% macro duckdb_register_external_model(node) -%}
  {%- set relation = api.Relation.create(
      database=node.database, schema=node.schema, identifier=node.alias, type='view') -%}
  {%- set location = node.config.get('location') or external_location(relation, node.config) -%}
  {%- set read_location = adapter.external_read_location(location, render_write_options(node.config)) -%}
  {%- do create_schema(relation) -%}
  {%- call statement('main') -%}
    create view if not exists {{ relation.render() }} as (
      select * from {{ string_literal(escape_single_quotes(read_location)) }}
    )
  {%- endcall -%}
  {%- do adapter.commit() -%}
{%- endmacro %}
