{#- Snapshots in DuckDB. -#}

{#- Two statements where others merge, so that duplicate keys in the query are no error. -#}
{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = dbt.snapshot_columns() -%}
  {%- set insert_columns = insert_cols | join(', ') -%}
  update {{ target.render() }} as DBT_INTERNAL_DEST
  set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    and {{ dbt.snapshot_is_current('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to) }};

  insert into {{ target.render() }} ({{ insert_columns }})
  select {{ insert_columns }}
  from {{ source }}
  where dbt_change_type = 'insert'
{%- endmacro %}

{#- Temporary tables live as long as the connection, which outlives the snapshot. -#}
{% macro duckdb__post_snapshot(temporary_relation) -%}
  {%- do adapter.drop_relation(temporary_relation) -%}
{%- endmacro %}
