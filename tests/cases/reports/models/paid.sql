select id, amount from {{ ref('orders') }} where amount is not null
