{{ config(materialized='table') }}

select i as id, 'n' || i as name, (i * 10)::hugeint as big, interval (i) day as gap, [i::hugeint] as list
from range(1, {{ var('top', 3) }} + 1) as numbers(i)
