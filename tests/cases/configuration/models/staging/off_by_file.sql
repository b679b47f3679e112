{{ config(enabled=var('never', false)) }} select 1 as id
