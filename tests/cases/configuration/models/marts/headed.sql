{% call set_sql_header(config) %}
set variable block_said = {{ 40 + 2 }};
{%- endcall %}
select getvariable('block_said') as said
