{#- `dbt clone`: the relation of another environment under this one's name, by copy where the warehouse copies
    tables without copying data, else by a view onto it. -#}

{#- The relation of another environment under this one's name. -#}
{% materialization clone, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- if not defer_relation -%}
    {%- do log('No relation found in state manifest for ' ~ model.unique_id, info=true) -%}
    {{ return({'relations': []}) }}
  {%- elif existing_relation and this.render() == defer_relation.render() -%}
    {#- Anything else would replace the relation by a view of itself. -#}
    {%- do log(
        'Target relation and defer relation are the same, skipping clone for relation: ' ~ this.render()) -%}
    {{ return({'relations': []}) }}
  {%- elif existing_relation and not flags.FULL_REFRESH -%}
    {%- do log('Relation ' ~ existing_relation ~ ' already exists', info=true) -%}
    {{ return({'relations': []}) }}
  {%- endif -%}

  {%- set other_relation = load_cached_relation(defer_relation) -%}
  {%- if not (other_relation and other_relation.type == 'table' and can_clone_table()) -%}
    {%- set own_view = 'materialization_view_' ~ adapter.type() -%}
    {%- set build_view = context[own_view if own_view in context else 'materialization_view_default'] -%}
    {{ return(build_view()) }}
  {%- endif -%}

  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if existing_relation is not none and not existing_relation.is_table -%}
    {%- do drop_relation_if_exists(existing_relation) -%}
  {%- endif -%}
  {%- call statement('main') -%}
    {{ create_or_replace_clone(target_relation, defer_relation) }}
  {%- endcall -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Whether the warehouse copies tables without copying data. -#}
{% macro can_clone_table() -%}{{ return(adapter.dispatch('can_clone_table', 'dbt')()) }}{%- endmacro %}
{% macro default__can_clone_table() -%}{{ return(false) }}{%- endmacro %}

{#- The statement that copies a table of another environment without copying data. -#}
{% macro create_or_replace_clone(this_relation, defer_relation) -%}
  {{ return(adapter.dispatch('create_or_replace_clone', 'dbt')(this_relation, defer_relation)) }}
{%- endmacro %}
{% macro default__create_or_replace_clone(this_relation, defer_relation) -%}
  create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }}
{%- endmacro %}
