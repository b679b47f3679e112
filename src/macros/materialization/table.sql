{#- A table: built under another name and swapped in, all in one transaction. -#}

{#- A table: built under another name and swapped in, all in one transaction. -#}
{% materialization table, default, supported_languages=['sql', 'python'] -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate_relation = make_intermediate_relation(target_relation) -%}
  {%- set language = model['language'] -%}

  {%- do dbt.drop_swap_leftovers(target_relation) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- call statement('main', language=language) -%}
    {{ create_table_as(false, intermediate_relation, compiled_code, language) }}
  {%- endcall -%}
  {%- set replaced_relation = dbt.swap_relation(existing_relation, intermediate_relation, target_relation) -%}

  {%- do create_indexes(target_relation) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}

  {%- do drop_relation_if_exists(replaced_relation) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
