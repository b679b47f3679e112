select order_id, score from {{ ref('scores') }}
