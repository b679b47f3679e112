{#- The materializations that dbt's adapter for DuckDB brings itself: under these names a project that overrides only the
    default gets what it gets from dbt. -#}

{#- A table: built under another name and swapped in, all in one transaction. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}
  {{ return(dbt.materialization_table_default()) }}
{%- endmaterialization %}

{#- A table that grows. -#}
{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] -%}
  {{ return(dbt.materialization_incremental_default()) }}
{%- endmaterialization %}
