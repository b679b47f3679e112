select
    1 as id,
    contact as reach_me_at
from {{ ref('stg_users') }}
