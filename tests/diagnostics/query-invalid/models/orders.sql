{% set factor = 2 %}
select lower(amount * {{ factor }}) as amount
from (select 1 as amount)
