{{ config(tags=['a, "b"', 'c']) }}
select 1 as id, 'x' as "Na me"
