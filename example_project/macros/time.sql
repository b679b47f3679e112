{# The day the project pretends it is, as a SQL date. #}
{% macro as_of() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}


{# True for rows that had arrived by the end of that day. #}
{% macro known_by_now(arrival) -%}
    {{ arrival }} < {{ as_of() }} + interval 1 day
{%- endmacro %}


{# Seconds since 1970 to a timestamp without time zone; to_timestamp() would need the ICU extension. #}
{% macro from_epoch(seconds) -%}
    epoch_ms(cast({{ seconds }} as bigint) * 1000)
{%- endmacro %}


{% macro hours_between(earlier, later) -%}
    {{ return(adapter.dispatch('hours_between', 'harborline')(earlier, later)) }}
{%- endmacro %}

{% macro default__hours_between(earlier, later) -%}
    ({{ datediff(earlier, later, 'second') }}) / 3600.0
{%- endmacro %}

{% macro duckdb__hours_between(earlier, later) -%}
    round(epoch({{ later }} - {{ earlier }}) / 3600.0, 2)
{%- endmacro %}


{# Whole months from that day to today's clock, at least 0: how far back a microbatch model must look to reach it. #}
{% macro months_since_as_of() -%}
    {%- set day = modules.datetime.datetime.strptime(var('as_of'), '%Y-%m-%d') -%}
    {{ return([(run_started_at.year - day.year) * 12 + run_started_at.month - day.month, 0] | max) }}
{%- endmacro %}
