{{ config(materialized='table', pre_hook="insert into main.log values ('rolled back')") }}
select nothing_here as id
