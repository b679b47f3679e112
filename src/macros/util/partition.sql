{#- Dates computed while templates render, in Python's `strftime` formats. -#}

{#- A date read from a text. -#}
{% macro convert_datetime(date_str, date_fmt) -%}
  {%- set message =
      "The provided partition date '" ~ date_str ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
  {{ return(try_or_compiler_error(message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) }}
{%- endmacro %}


{#- The days from one date to another, as texts. -#}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') -%}
  {%- set start_date = convert_datetime(start_date_str, in_fmt) -%}
  {%- set end_date = start_date if end_date_str is none else convert_datetime(end_date_str, in_fmt) -%}
  {%- set day_count = (end_date - start_date).days -%}
  {%- if day_count < 0 -%}
    {{ exceptions.raise_compiler_error(
        'Partition start date is after the end date (' ~ start_date ~ ', ' ~ end_date ~ ')', model) }}
  {%- endif -%}
  {%- set dates = [] -%}
  {%- for offset in range(day_count + 1) -%}
    {%- set day = start_date + modules.datetime.timedelta(days=offset) -%}
    {%- do dates.append(day.strftime(out_fmt) if out_fmt else day) -%}
  {%- endfor -%}
  {{ return(dates) }}
{%- endmacro %}


{#- Reads `20240101` or `20240101,20240131`. -#}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
  {%- set ends = (raw_partition_date | string).split(',') -%}
  {%- if ends | length > 2 -%}
    {{ exceptions.raise_compiler_error(
        'Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: ' ~ raw_partition_date) }}
  {%- endif -%}
  {{ return(dates_in_range(ends[0], ends[1] if ends | length == 2 else none, in_fmt=date_fmt)) }}
{%- endmacro %}


{#- A name suffix that no earlier call has produced: the local time to the microsecond. -#}
{% macro py_current_timestring() -%}
  {{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}
{%- endmacro %}
