{#- The one for the warehouse wins over the general one. -#}
{% materialization counted, default %}
  {%- do exceptions.raise_compiler_error('there is one for this warehouse') -%}
{% endmaterialization %}

{% materialization counted, adapter='duckdb' %}
  {%- do run_hooks(pre_hooks) -%}
  {%- call statement('main') -%}
    create or replace table {{ this }} as select count(*) as rows from ({{ sql }})
  {%- endcall -%}
  {%- do run_hooks(post_hooks) -%}
  {%- do adapter.commit() -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{#- A project may replace what is built in. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
  {%- call statement('main') -%}
    create or replace table {{ this }} as select *, 'own' as made_by from ({{ sql }})
  {%- endcall -%}
  {%- do adapter.commit() -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{% materialization silent, default %}
  {%- call statement('main') -%}
    select 1
  {%- endcall -%}
{% endmaterialization %}

{% materialization odd, default %}
  {%- call statement('main') -%}
    select 1
  {%- endcall -%}
  {{ return({'relations': ['orders']}) }}
{% endmaterialization %}

{% materialization idle, default %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
