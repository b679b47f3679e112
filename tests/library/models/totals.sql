{{ config(materialized='view') }}
select
  {{ any_value('name') }} as one,
  {{ bool_or('id > 1') }} as some,
  {{ listagg('name', "','", 'order by name') }} as names,
  cast(null as {{ type_numeric() }}) as amount,
  cast(null as {{ type_bigint() }}) as many,
  cast(null as {{ type_float() }}) as ratio,
  cast(null as {{ type_boolean() }}) as truth,
  cast(null as {{ type_timestamp() }}) as moment
from {{ ref('orders') }}
where id in (select id from {{ ref('orders') }} {{ except() }} select 3)
  and id in (select id from {{ ref('orders') }} {{ intersect() }} select id from {{ ref('raw') }})
