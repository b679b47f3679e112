{#- Pre- and post-hooks. The first statement inside the transaction begins it, so hooks outside run plainly. -#}

{#- Runs the hooks that belong inside the transaction, or those that do not. -#}
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

{#- A hook that runs before the transaction begins. -#}
{% macro before_begin(sql) -%}{{ make_hook_config(sql, inside_transaction=false) }}{%- endmacro %}
{#- A hook that runs inside the transaction. -#}
{% macro in_transaction(sql) -%}{{ make_hook_config(sql, inside_transaction=true) }}{%- endmacro %}
{#- A hook that runs after the commit. -#}
{% macro after_commit(sql) -%}{{ make_hook_config(sql, inside_transaction=false) }}{%- endmacro %}
