{#- Pre- and post-hooks. The first statement inside the transaction begins it, so hooks outside run plainly. -#}

{% macro run_hooks(hooks, inside_transaction=true) -%}
  {%- for hook in hooks if hook.transaction == inside_transaction -%}
    {%- set sql = render(hook.get('sql')) | trim -%}
    {%- if sql -%}
      {%- call statement(auto_begin=inside_transaction) -%}
        {{ sql }}
      {%- endcall -%}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}


{#- What a hook's configuration may say instead of bare SQL. -#}
{% macro make_hook_config(sql, inside_transaction) -%}
  {{ tojson({'sql': sql, 'transaction': inside_transaction}) }}
{%- endmacro %}

{% macro before_begin(sql) -%}{{ make_hook_config(sql, inside_transaction=false) }}{%- endmacro %}
{% macro in_transaction(sql) -%}{{ make_hook_config(sql, inside_transaction=true) }}{%- endmacro %}
{% macro after_commit(sql) -%}{{ make_hook_config(sql, inside_transaction=false) }}{%- endmacro %}
