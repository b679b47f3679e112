{{ config(pre_hook='{{ undefined_macro() }}') }}
select 1 as id
