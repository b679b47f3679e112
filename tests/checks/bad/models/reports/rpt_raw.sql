{# from comments.of_jinja #}
with orders as (
    -- from comments.of_sql
    select * from {{ ref('fct_orders') }}
)

select extract(year from orders.day) as year
from orders, raw.payments
join raw.public.orders as late using (id)
join
    "lines" using (id)
join {{ var('table_of_returns', 'returns') }} using (id)
join {{ target.schema }}.refunds using (id)
/* join comments.too */
where orders.id is distinct from late.id and late.note <> 'from texts.of_sql'
