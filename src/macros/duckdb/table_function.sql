{#- A parameterized view: `select * from model(argument, …)`. -#}

{#- A parameterized view. -#}
{% materialization table_function, adapter='duckdb' -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set parameters = config.get('parameters') or [] -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- call statement('main') -%}
    create or replace function {{ target_relation.render() }}(
      {{- parameters if parameters is string else parameters | join(', ') -}}
    ) as table (
      {{ sql }}
    )
  {%- endcall -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
