select 2 as customer_id, date '2023-01-01' as signed_up_at, 'nl' as country
