select 1 as id, 10.50::decimal(9, 2) as amount, date '2024-01-01' as day, 'a' as customer, true as is_paid
