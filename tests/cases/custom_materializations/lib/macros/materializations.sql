{% materialization view, default %}
  {%- do exceptions.raise_compiler_error('a package does not replace what is built in') -%}
{% endmaterialization %}

{% materialization stamped, default %}
  {%- call statement('main') -%}
    create or replace table {{ this }} as select *, 'lib' as made_by from ({{ sql }})
  {%- endcall -%}
  {%- do adapter.commit() -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{% materialization counted, default %}
  {%- do exceptions.raise_compiler_error('the project has one of this name') -%}
{% endmaterialization %}
