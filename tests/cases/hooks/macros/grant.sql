{% macro grant_all(schemas) %}insert into main.log values ('end with {{ schemas | join(",") }}, {{ results | length }} results'){% endmacro %}
