{{ config(pre_hook='selec 1') }}
select 1 as id
