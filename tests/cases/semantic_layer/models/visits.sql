select 1 as visit_id, 2 as customer_id, timestamp '2024-01-01' as visited_at, {{ function('double_it') }}(2) as depth
