select 1 as id, 2 as score, 3 as extra
