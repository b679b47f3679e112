{{ config(full_refresh='yes') }}
select 1 as id
