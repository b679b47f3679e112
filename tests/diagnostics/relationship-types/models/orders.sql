select 1 as id, date '2025-01-01' as customer_id
