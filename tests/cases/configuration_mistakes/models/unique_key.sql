{{ config(materialized='incremental', unique_key={'id': 1}) }}
select 1 as id
