select 1 as id, 'a' as email, 'x' as state, 'y' as owner, 'z' as plain
