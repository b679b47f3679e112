{#- Times that a run took from the clock say `now`; all others are those of the data. -#}
{% macro time(column) %}case when {{ column }} between '2024-06-01' and '2100-01-01' then 'now' else {{ column }}::varchar end{% endmacro %}
