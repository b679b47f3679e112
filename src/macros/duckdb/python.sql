{#- The script of a Python model on DuckDB: the model's code, and how its result becomes a table. Teal runs it in a
    process of its own, which has the way to the warehouse as `warehouse`. -#}

{#- The script of a Python model: its code, and how its result becomes a table. -#}
{% macro py_write_table(temporary, relation, compiled_code) -%}
{{ compiled_code }}

def materialize(df, warehouse):
    warehouse.create_table({{ relation | string | tojson }}, df, temporary={{ temporary }})
{%- endmacro %}
