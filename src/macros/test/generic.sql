{#- The four built-in generic tests. Each row that one returns is a failure. -#}

{#- Fails for each value that occurs more than once. -#}
{% test unique(model, column_name) -%}
  {{ adapter.dispatch('test_unique', 'dbt')(model, column_name) }}
{%- endtest %}

{% macro default__test_unique(model, column_name) -%}
  select {{ column_name }} as unique_field, count(*) as n_records
  from {{ model }}
  where {{ column_name }} is not null
  group by {{ column_name }}
  having count(*) > 1
{%- endmacro %}


{#- Fails for each row without a value. -#}
{% test not_null(model, column_name) -%}
  {{ adapter.dispatch('test_not_null', 'dbt')(model, column_name) }}
{%- endtest %}

{#- Stored failures are for people to look at, so they keep the whole row. -#}
{% macro default__test_not_null(model, column_name) -%}
  select {{ '*' if should_store_failures() else column_name }}
  from {{ model }}
  where {{ column_name }} is null
{%- endmacro %}


{#- Fails for each value that is not listed. -#}
{% test accepted_values(model, column_name, values, quote=true) -%}
  {{ adapter.dispatch('test_accepted_values', 'dbt')(model, column_name, values, quote) }}
{%- endtest %}

{% macro default__test_accepted_values(model, column_name, values, quote=true) -%}
  {%- set accepted = [] -%}
  {%- for value in values -%}
    {%- do accepted.append("'" ~ value ~ "'" if quote else value) -%}
  {%- endfor -%}
  select value_field, n_records
  from (
    select {{ column_name }} as value_field, count(*) as n_records
    from {{ model }}
    group by {{ column_name }}
  ) as all_values
  where value_field not in ({{ accepted | join(', ') }})
{%- endmacro %}


{#- Fails for each value that the other relation lacks. -#}
{% test relationships(model, column_name, to, field) -%}
  {{ adapter.dispatch('test_relationships', 'dbt')(model, column_name, to, field) }}
{%- endtest %}

{% macro default__test_relationships(model, column_name, to, field) -%}
  with child as (
    select {{ column_name }} as from_field
    from {{ model }}
    where {{ column_name }} is not null
  ),
  parent as (
    select {{ field }} as to_field
    from {{ to }}
  )
  select child.from_field
  from child
  left join parent on parent.to_field = child.from_field
  where parent.to_field is null
{%- endmacro %}
