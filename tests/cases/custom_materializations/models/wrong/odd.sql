{{ config(materialized='odd', enabled=var('wrong', false)) }}

select 1 as id
