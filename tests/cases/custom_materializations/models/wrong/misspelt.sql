{{ config(materialized='stampd', enabled=var('wrong', false)) }}

select 1 as id
