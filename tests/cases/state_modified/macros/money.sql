{% macro cents(column) %}{{ return(adapter.dispatch('cents', 'shop')(column)) }}{% endmacro %}

{% macro default__cents(column) %}{{ times(column, 100) }}{% endmacro %}

{% macro times(column, number) %}{{ column }} * {{ number }}{% endmacro %}

{% macro below_ceiling(column) %}and {{ column }} < {{ var('ceiling') }}{% endmacro %}
