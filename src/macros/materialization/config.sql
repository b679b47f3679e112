{#- Questions about how the current node is to be built. -#}

{#- The node's own `full_refresh` wins over the command line's. -#}
{% macro should_full_refresh() -%}
  {%- set configured = config.get('full_refresh') -%}
  {{ return(flags.FULL_REFRESH if configured is none else configured) }}
{%- endmacro %}

{#- Whether the test keeps its failures in a relation: its own `store_failures`, else the command line's. -#}
{% macro should_store_failures() -%}
  {%- set configured = config.get('store_failures') -%}
  {{ return(flags.STORE_FAILURES if configured is none else configured) }}
{%- endmacro %}

{#- True when the model adds to a table that exists. False while parsing, when the warehouse may not be asked. -#}
{% macro is_incremental() -%}
  {%- if not execute -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set existing = load_cached_relation(this) -%}
  {{ return(
      existing is not none
      and existing.type == 'table'
      and model.config.materialized == 'incremental'
      and not should_full_refresh()) }}
{%- endmacro %}

{#- Called as a block: its body runs before the statement that builds the node. -#}
{% macro set_sql_header(config) -%}
  {{ config.set('sql_header', caller()) }}
{%- endmacro %}
