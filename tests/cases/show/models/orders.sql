select 1 as id, 'ada' as customer union all select 2, null order by id
