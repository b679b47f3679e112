select customer_id, nobody_knows from {{ ref('wide') }}
