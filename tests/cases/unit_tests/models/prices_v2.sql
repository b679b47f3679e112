select id, amount, amount * 1.2 as gross from {{ ref('stg_orders') }}
