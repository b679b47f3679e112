{#- The script of a Python model on DuckDB: the model's code, and how its result becomes a table. -#}

{% macro py_write_table(temporary, relation, compiled_code) -%}
{{ compiled_code }}

def materialize(df, con):
    con.register("{{ relation.identifier }}__df", df)
    con.execute("""
        create {{ 'temporary ' if temporary }}table {{ relation }} as select * from "{{ relation.identifier }}__df"
    """)
    con.unregister("{{ relation.identifier }}__df")
{%- endmacro %}
