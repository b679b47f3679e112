{# Fails once for each combination of the columns that occurs more than once. #}
{% test unique_combination(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as occurrences
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}


{# Fails for each row of which the expression is not true. On a column, `expression` continues after its name. #}
{% test holds(model, expression, column_name=none) %}
    select *
    from {{ model }}
    where not coalesce({% if column_name %}{{ column_name }} {% endif %}{{ expression }}, false)
{% endtest %}


{# Fails for each value outside the closed range; null is left to not_null. #}
{% test in_range(model, column_name, minimum=none, maximum=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        false
        {%- if minimum is not none %}
        or {{ column_name }} < {{ minimum }}
        {%- endif %}
        {%- if maximum is not none %}
        or {{ column_name }} > {{ maximum }}
        {%- endif %}
{% endtest %}
