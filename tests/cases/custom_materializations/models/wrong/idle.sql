{{ config(materialized='idle', enabled=var('wrong', false)) }}

select 1 as id
