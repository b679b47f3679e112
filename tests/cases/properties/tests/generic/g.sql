{% test my_even(model, column_name, extra=none, lst=[]) %}
{{ config(severity='error', tags=['gen']) }}
select * from {{ model }} where {{ column_name }} % 2 = 1
{% endtest %}
