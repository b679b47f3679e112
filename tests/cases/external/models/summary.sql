{{ config(materialized='table') }}

select 'items' as name, count(*) as rows, min(id) as low, max(kind) as kind from {{ ref('items') }}
union all
select 'piped' as name, count(*) as rows, min(id) as low, max(kind) as kind from {{ ref('piped') }}
union all
select 'lines' as name, count(*) as rows, min(id) as low, max(kind) as kind from {{ ref('lines') }}
union all
select 'parts' as name, count(*) as rows, min(id) as low, max(kind) as kind from {{ ref('parts') }}
union all
select 'packed' as name, count(*) as rows, min(id) as low, max(kind) as kind from {{ ref('packed') }}
union all
select 'nothing' as name, count(*) as rows, min(id) as low, max(kind) as kind from {{ ref('nothing') }}
union all
select 'file', count(*), min(id), null from read_parquet('out/parts/kind=odd/*.parquet', hive_partitioning = false)
union all
select 'text', count(*), null, max(line) from read_csv('out/piped.csv', sep = '', header = true, names = ['line'])
