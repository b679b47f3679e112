{{ config(quoting=true) }}
select 1 as id
