{{ config(pre_hook={'statement': 'select 1'}) }}
select 1 as id
