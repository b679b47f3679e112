{#- DuckDB's spelling of the portable functions. -#}

{% macro duckdb__current_timestamp() -%}now(){%- endmacro %}

{% macro duckdb__snapshot_get_time() -%}{{ current_timestamp() }}::timestamp{%- endmacro %}

{% macro duckdb__snapshot_string_as_time(timestamp) -%}
  {{ return("'" ~ timestamp ~ "'::timestamp") }}
{%- endmacro %}


{% macro duckdb__date(year, month, day) -%}make_date({{ year }}, {{ month }}, {{ day }}){%- endmacro %}

{#- An interval literal takes no expression, so one unit is multiplied. -#}
{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) -%}
  ({{ from_date_or_timestamp }} + cast({{ interval }} as bigint) * interval 1 {{ datepart }})
{%- endmacro %}

{#- Counts the boundaries crossed, as everywhere else; DuckDB itself measures weeks by distance.
    A week begins on Sunday here and on Monday for `date_trunc`, hence the shift by a day. -#}
{% macro duckdb__datediff(first_date, second_date, datepart) -%}
  {%- if datepart | lower == 'week' -%}
    (date_diff(
      'day',
      date_trunc('week', ({{ first_date }})::timestamp + interval 1 day),
      date_trunc('week', ({{ second_date }})::timestamp + interval 1 day)
    ) // 7)
  {%- else -%}
    date_diff('{{ datepart }}', ({{ first_date }})::timestamp, ({{ second_date }})::timestamp)
  {%- endif -%}
{%- endmacro %}

{% macro duckdb__generate_series(upper_bound) -%}
  select generate_series as generated_number from generate_series(1, {{ upper_bound }})
{%- endmacro %}


{#- Reads from the end for negative numbers, and is null where there is no such part. -#}
{% macro duckdb__split_part(string_text, delimiter_text, part_number) -%}
  string_split({{ string_text }}, {{ delimiter_text }})[{{ part_number }}]
{%- endmacro %}

{#- The first value of the group, null or not. -#}
{% macro duckdb__any_value(expression) -%}arbitrary({{ expression }}){%- endmacro %}

{% macro duckdb__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {%- if limit_num -%}
    array_to_string(array_agg({{ measure }} {{ order_by_clause or '' }})[1:{{ limit_num }}], {{ delimiter_text }})
  {%- else -%}
    string_agg({{ measure }}, {{ delimiter_text }} {{ order_by_clause or '' }})
  {%- endif -%}
{%- endmacro %}
