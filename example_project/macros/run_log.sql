{# A row for each table, view, seed and snapshot of an invocation, so that "since when is it slow?" has an answer. #}
{% macro log_run(results) %}
    {%- set built = [] -%}
    {%- for result in results if result.node.resource_type in ['model', 'seed', 'snapshot'] -%}
        {%- do built.append(result) -%}
    {%- endfor -%}
    {%- if execute and built %}
    create schema if not exists {{ generate_schema_name('audit', none) }};
    create table if not exists {{ generate_schema_name('audit', none) }}.run_log (
        invocation_id varchar, started_at timestamp, node varchar, status varchar, seconds double
    );
    insert into {{ generate_schema_name('audit', none) }}.run_log values
        {%- for result in built %}
        (
            '{{ invocation_id }}',
            '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}',
            '{{ result.node.unique_id }}',
            '{{ result.status }}',
            {{ result.execution_time }}
        ){{ ',' if not loop.last }}
        {%- endfor %};
    {%- endif %}
{% endmacro %}
