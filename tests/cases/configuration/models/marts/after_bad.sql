select count(*) as n from {{ ref('mart') }} where '{{ ref('bad') }}' <> ''
