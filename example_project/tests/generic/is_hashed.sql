{# Fails for each value that is not a lower-case hexadecimal SHA-256 digest. #}
{% test is_hashed(model, column_name, digits=64) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} is not null
        and not regexp_full_match({{ column_name }}, '[0-9a-f]{{ "{" ~ digits ~ "}" }}')
{% endtest %}
