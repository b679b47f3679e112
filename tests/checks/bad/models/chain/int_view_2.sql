select id from {{ ref('int_view_1') }}
