{#- Seeds in DuckDB: rows go straight from the file's table into the warehouse's, without SQL text. -#}

{% macro duckdb__get_binding_char() -%}{{ return('?') }}{%- endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) -%}
  {%- do adapter.load_csv_rows(this, agate_table) -%}
  {{ return('-- ' ~ agate_table.rows | length ~ ' rows loaded in bulk') }}
{%- endmacro %}
