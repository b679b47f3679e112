-- depends_on: {{ ref('renamed') }}
select table_name, null as column_name, comment from duckdb_tables() where comment is not null
union all
select table_name, column_name, comment from duckdb_columns() where comment is not null
