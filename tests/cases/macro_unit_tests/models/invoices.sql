select 1 as id, 250 as amount, 'open' as status
