pivot (select status, amount, customer_id from {{ ref('stg_orders') }}) on status using sum(amount)
