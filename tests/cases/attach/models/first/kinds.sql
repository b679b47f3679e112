{{ config(materialized='table') }}

select * from (values (1, 'one'), (2, 'two')) as kinds(id, name)
