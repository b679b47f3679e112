{{ config(grants='reporter') }}
select 1 as id
