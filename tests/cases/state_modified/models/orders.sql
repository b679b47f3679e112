{{ config(materialized='table' if target.name == 'prod' else 'view', tags=['money'], meta={'owner': 'ann', 'level': 1}) }}
select order_id, {{ cents('amount') }} as cents, code
from {{ ref('stg_orders') }}
