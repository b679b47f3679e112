{% macro pkgmac(a, b='x, y') %}1{% endmacro %}
{% test pkgtest(model, column_name, z=1) %}select 1 from {{ model }} where {{ column_name }} is null and 1={{ z }}{% endtest %}
