{{ config(on_error='carry_on') }}
select 1 as id
