{{ config(materialized='incremental', unique_key='id', grants={'+select': ['b'], 'insert': 'c'}, group='g1', access='private') }} select * from {{ ref('stg_b') }} -- {{ var('scoped') }}
