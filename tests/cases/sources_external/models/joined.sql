{{ config(materialized='table') }}
select o.id, o.amount, e.kind
from {{ source('landing', 'orders') }} o join {{ source('landing', 'events') }} e using (id)
