{#- Rows made from nothing: numbers from 1 to n, and the dates of a range. -#}

{% macro get_powers_of_two(upper_bound) -%}
  {{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}
{%- endmacro %}

{#- The number of binary digits that it takes to count `upper_bound` things, at least one. -#}
{% macro default__get_powers_of_two(upper_bound) -%}
  {%- if upper_bound <= 0 -%}
    {{ exceptions.raise_compiler_error('upper bound must be positive') }}
  {%- endif -%}
  {%- for digits in range(1, 100) if upper_bound <= 2 ** digits -%}
    {{ return(digits) }}
  {%- endfor -%}
{%- endmacro %}


{% macro generate_series(upper_bound) -%}
  {{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}
{%- endmacro %}

{#- Counts in binary: one cross join a digit, for warehouses without a series function. -#}
{% macro default__generate_series(upper_bound) -%}
  {%- set digits = range(dbt.get_powers_of_two(upper_bound)) -%}
  with bit as (
    select 0 as value
    union all
    select 1
  ),
  numbered as (
    select
      1 {% for i in digits %}+ bit_{{ i }}.value * {{ 2 ** i }} {% endfor %} as generated_number
    from {% for i in digits %}bit as bit_{{ i }}{{ ' cross join ' if not loop.last }}{% endfor %}
  )
  select generated_number
  from numbered
  where generated_number <= {{ upper_bound }}
  order by generated_number
{%- endmacro %}


{% macro get_intervals_between(start_date, end_date, datepart) -%}
  {{ return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) }}
{%- endmacro %}

{#- Asks the warehouse; while parsing nothing runs, and one interval stands for the answer. -#}
{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
  {%- call statement('get_intervals_between', fetch_result=true) -%}
    select {{ dbt.datediff(start_date, end_date, datepart) }}
  {%- endcall -%}
  {%- set result = load_result('get_intervals_between') -%}
  {{ return(result['data'][0][0] if result and result['data'] else 1) }}
{%- endmacro %}


{% macro date_spine(datepart, start_date, end_date) -%}
  {{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}
{%- endmacro %}

{#- One row a period, from `start_date` until before `end_date`, in a column named `date_<datepart>`. -#}
{% macro default__date_spine(datepart, start_date, end_date) -%}
  {%- set count = dbt.get_intervals_between(start_date, end_date, datepart) -%}
  {%- set period = dbt.dateadd(datepart, 'row_number() over (order by generated_number) - 1', start_date) -%}
  with number_series as (
    {{ dbt.generate_series(count) }}
  ),
  every_period as (
    select {{ period }} as date_{{ datepart }}
    from number_series
  )
  select *
  from every_period
  where date_{{ datepart }} <= {{ end_date }}
{%- endmacro %}
