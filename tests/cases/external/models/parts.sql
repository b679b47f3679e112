{{ config(materialized='external', options={'partition_by': 'kind', 'overwrite': true}) }}

select * from {{ ref('items') }}
