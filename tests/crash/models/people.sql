{#- Each person changes every first, second or third round. -#}
select
    i as id,
    {{ var('round') }} // (i % 3 + 1) as level,
    timestamp '2020-01-01' + to_days(({{ var('round') }} // (i % 3 + 1) * (i % 3 + 1))::integer) as updated_at
from range(300 + 10 * {{ var('round') }}) as r(i)
