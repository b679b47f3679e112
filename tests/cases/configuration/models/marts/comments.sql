{{ config(materialized='view') }}
select schema_name, view_name as name, null as column_name, comment from duckdb_views() where comment is not null
union all
select schema_name, table_name, null, comment from duckdb_tables() where comment is not null
union all
select schema_name, table_name, column_name, comment from duckdb_columns() where comment is not null
