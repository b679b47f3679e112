{#- Putting a new relation in the place of an old one without a moment in which neither exists.
    `swap_relation` does it for a relation that is already built; the `get_…_sql` macros render it as one script. -#}

{#- Gives the built `intermediate_relation` the name of the target.
    Returns the relation that the caller must drop after its commit, or none. -#}
{% macro swap_relation(existing_relation, intermediate_relation, target_relation) -%}
  {{ return(adapter.dispatch('swap_relation', 'dbt')(existing_relation, intermediate_relation, target_relation)) }}
{%- endmacro %}

{% macro default__swap_relation(existing_relation, intermediate_relation, target_relation) -%}
  {%- set backup_relation = none -%}
  {%- if existing_relation is not none -%}
    {%- set backup_relation = make_backup_relation(target_relation, existing_relation.type) -%}
    {%- do adapter.rename_relation(existing_relation, backup_relation) -%}
  {%- endif -%}
  {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
  {{ return(backup_relation) }}
{%- endmacro %}

{#- Drops what an interrupted run may have left under the names that a swap needs. -#}
{% macro drop_swap_leftovers(target_relation) -%}
  {%- do drop_relation_if_exists(load_cached_relation(make_intermediate_relation(target_relation))) -%}
  {%- do drop_relation_if_exists(load_cached_relation(make_backup_relation(target_relation, target_relation.type))) -%}
{%- endmacro %}


{% macro get_replace_sql(existing_relation, target_relation, sql) -%}
  {{ return(adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql)) }}
{%- endmacro %}

{#- Replaces in one statement where the warehouse can; else keeps the old relation as long as renaming allows. -#}
{% macro default__get_replace_sql(existing_relation, target_relation, sql) -%}
  {%- if existing_relation.type == target_relation.type and existing_relation.can_be_replaced -%}
    {%- if existing_relation.is_view -%}
      {{ get_replace_view_sql(target_relation, sql) }}
    {%- elif existing_relation.is_table -%}
      {{ get_replace_table_sql(target_relation, sql) }}
    {%- else -%}
      {{ get_replace_materialized_view_sql(target_relation, sql) }}
    {%- endif -%}
  {%- elif target_relation.can_be_renamed and existing_relation.can_be_renamed -%}
    {{ get_create_intermediate_sql(target_relation, sql) }};
    {{ get_create_backup_sql(existing_relation) }};
    {{ get_rename_intermediate_sql(target_relation) }};
    {{ get_drop_backup_sql(existing_relation) }}
  {%- elif target_relation.can_be_renamed -%}
    {{ get_create_intermediate_sql(target_relation, sql) }};
    {{ get_drop_sql(existing_relation) }};
    {{ get_rename_intermediate_sql(target_relation) }}
  {%- elif existing_relation.can_be_renamed -%}
    {{ get_create_backup_sql(existing_relation) }};
    {{ get_create_sql(target_relation, sql) }};
    {{ get_drop_backup_sql(existing_relation) }}
  {%- else -%}
    {{ get_drop_sql(existing_relation) }};
    {{ get_create_sql(target_relation, sql) }}
  {%- endif -%}
{%- endmacro %}

{#- The statement that replaces a table in place. -#}
{% macro get_replace_table_sql(relation, sql) -%}
  {{ return(adapter.dispatch('get_replace_table_sql', 'dbt')(relation, sql)) }}
{%- endmacro %}
{% macro default__get_replace_table_sql(relation, sql) -%}
  {{ exceptions.raise_compiler_error('`get_replace_table_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{#- The statement that replaces a view in place. -#}
{% macro get_replace_view_sql(relation, sql) -%}
  {{ return(adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql)) }}
{%- endmacro %}
{% macro default__get_replace_view_sql(relation, sql) -%}
  {{ exceptions.raise_compiler_error('`get_replace_view_sql` has not been implemented for this adapter.') }}
{%- endmacro %}

{#- Creates a relation under the name it has before it is swapped in. -#}
{% macro get_create_intermediate_sql(relation, sql) -%}
  {{ return(adapter.dispatch('get_create_intermediate_sql', 'dbt')(relation, sql)) }}
{%- endmacro %}
{% macro default__get_create_intermediate_sql(relation, sql) -%}
  {%- set intermediate_relation = make_intermediate_relation(relation) -%}
  {{ get_drop_sql(intermediate_relation) }};
  {{ get_create_sql(intermediate_relation, sql) }}
{%- endmacro %}

{#- Gives the intermediate relation its real name. -#}
{% macro get_rename_intermediate_sql(relation) -%}
  {{ return(adapter.dispatch('get_rename_intermediate_sql', 'dbt')(relation)) }}
{%- endmacro %}
{% macro default__get_rename_intermediate_sql(relation) -%}
  {{ get_rename_sql(make_intermediate_relation(relation), relation.identifier) }}
{%- endmacro %}

{#- Renames the old relation to its backup's name. -#}
{% macro get_create_backup_sql(relation) -%}
  {{ return(adapter.dispatch('get_create_backup_sql', 'dbt')(relation)) }}
{%- endmacro %}
{% macro default__get_create_backup_sql(relation) -%}
  {%- set backup_relation = make_backup_relation(relation, relation.type) -%}
  {{ get_drop_sql(backup_relation) }};
  {{ get_rename_sql(relation, backup_relation.identifier) }}
{%- endmacro %}

{#- Drops the backup. -#}
{% macro get_drop_backup_sql(relation) -%}
  {{ return(adapter.dispatch('get_drop_backup_sql', 'dbt')(relation)) }}
{%- endmacro %}
{% macro default__get_drop_backup_sql(relation) -%}
  {{ get_drop_sql(make_backup_relation(relation, relation.type)) }}
{%- endmacro %}


{#- A whole view materialization in one statement, for warehouses whose `create view` replaces. -#}
{% macro create_or_replace_view() -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- do run_hooks(pre_hooks) -%}
  {%- if existing_relation is not none and existing_relation.is_table -%}
    {%- do handle_existing_table(should_full_refresh(), existing_relation) -%}
  {%- endif -%}
  {%- call statement('main') -%}
    {{ get_create_view_as_sql(target_relation, sql) }}
  {%- endcall -%}
  {%- set was_view = existing_relation is not none and existing_relation.is_view -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(was_view)) -%}
  {%- do run_hooks(post_hooks) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmacro %}

{#- Drops a table that stands where a view is to be. -#}
{% macro handle_existing_table(full_refresh, old_relation) -%}
  {{ return(adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation)) }}
{%- endmacro %}
{% macro default__handle_existing_table(full_refresh, old_relation) -%}
  {%- do log('Dropping relation ' ~ old_relation.render() ~ ' because it is of type ' ~ old_relation.type) -%}
  {%- do adapter.drop_relation(old_relation) -%}
{%- endmacro %}
