select 1 as id, 'abc' as label
