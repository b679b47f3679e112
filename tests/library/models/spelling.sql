{{ config(materialized='view') }}
{% set words = concat(["'a'", string_literal(escape_single_quotes("it's"))]) %}
select
  {{ dateadd('day', 1, date_trunc('month', 'updated_at')) }} as moved,
  {{ datediff('updated_at', current_timestamp(), 'day') }} as age,
  {{ last_day('updated_at', 'month') }} as last_day,
  {{ date(2024, 1, 1) }} as day,
  {{ words }} as words,
  {{ length('name') }} as letters,
  {{ position("'n'", 'name') }} as place,
  {{ replace('name', "'n'", "'m'") }} as replaced,
  {{ right('name', 1) }} as tail,
  {{ split_part('name', "'n'", 1) }} as part,
  {{ hash('name') }} as hashed,
  {{ safe_cast('name', type_int()) }} as number,
  {{ cast('id', type_string()) }} as id_text,
  {{ cast_bool_to_text('true') }} as yes,
  {{ array_append(array_concat(array_construct([1]), array_construct([2])), 3) }} as numbers,
  {{ equals('id', 'id') }} as same
from {{ ref('orders') }}
