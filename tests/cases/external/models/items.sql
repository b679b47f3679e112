{{ config(materialized='external') }}

select i as id, case when i % 2 = 0 then 'even' else 'odd' end as kind, i / 2 as half from range(1, {{ var('top', 4) }} + 1) as r(i)
