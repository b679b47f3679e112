select *, amount * 0.21 as tax from {{ ref('orders') }}
