select '{{ var('token') }}'::int as id
