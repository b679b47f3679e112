{% macro cents_to_units(column, scale=none) -%}
    round({{ column }} / 100.0, {{ scale or var('scale') }})
{%- endmacro %}

{% macro paid(relation, column='amount') -%}
    select id, {{ cents_to_units(column) }} as amount
    from {{ relation }}
    where {{ is_paid() }}
{%- endmacro %}

{% macro is_paid() %}status = '{{ env_var("PAID_STATUS") }}'{% endmacro %}

{% macro plan_columns() -%}
    {%- for plan in run_query('select distinct plan from users order by 1').columns[0].values() %}
    count(*) filter (plan = '{{ plan }}') as {{ plan }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro schema_for(name) %}{{ name if target.name == 'prod' else target.schema ~ '_' ~ name }}{% endmacro %}
