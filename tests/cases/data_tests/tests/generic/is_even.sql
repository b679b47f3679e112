{% test is_even(model, column_name, also=none) %}
select * from {{ model }} where {{ column_name }} % 2 <> 0
{% endtest %}
