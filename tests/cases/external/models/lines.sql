{{ config(materialized='external', format='json') }}

select id, kind from {{ ref('items') }} where id < 3
