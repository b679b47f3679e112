{{ config(meta={'token': var('token', 'none')}) }}
select 1 as id
