select 1 as id, timestamp '2024-01-01' as at
