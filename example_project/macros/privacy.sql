{#
    Replaces a personal value by a digest that still joins. Case and surrounding blanks do not matter,
    so one person's address gives one key in every source.
#}
{% macro hash_pii(value) -%}
    {{ return(adapter.dispatch('hash_pii', 'harborline')(value)) }}
{%- endmacro %}

{% macro default__hash_pii(value) -%}
    md5(lower(trim({{ value }})))
{%- endmacro %}

{% macro duckdb__hash_pii(value) -%}
    sha256('harborline:' || lower(trim({{ value }})))
{%- endmacro %}


{# What may be kept of an e-mail address: its domain. #}
{% macro email_domain(email) -%}
    lower(split_part(trim({{ email }}), '@', 2))
{%- endmacro %}
