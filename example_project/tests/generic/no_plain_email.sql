{# Fails for each row where something that reads like an e-mail address got through. #}
{% test no_plain_email(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where regexp_matches(cast({{ column_name }} as varchar), '[^@\s]+@[^@\s]+\.[a-z]{2,}', 'i')
{% endtest %}
