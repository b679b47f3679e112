{#
    DuckDB functions that the models call. They live in `main`, which every DuckDB database has.
    normal_cdf follows Zelen and Severo's polynomial (error below 7.5e-8), as DuckDB has no erf.
    as_if_now moves an instant from the day the project pretends it is to today, for the freshness of sources.
#}
{% macro create_sql_functions() %}
    {%- if execute and target.type == 'duckdb' %}
    create or replace macro main.normal_tail(z) as
        exp(-z * z / 2) / sqrt(2 * pi()) * (
              0.319381530 * (1 / (1 + 0.2316419 * z))
            - 0.356563782 * (1 / (1 + 0.2316419 * z)) ** 2
            + 1.781477937 * (1 / (1 + 0.2316419 * z)) ** 3
            - 1.821255978 * (1 / (1 + 0.2316419 * z)) ** 4
            + 1.330274429 * (1 / (1 + 0.2316419 * z)) ** 5
        );
    create or replace macro main.normal_cdf(z) as
        case when z >= 0 then 1 - main.normal_tail(z) else main.normal_tail(-z) end;
    create or replace macro main.wilson_bound(successes, trials, z) as
        (successes + z * z / 2) / (trials + z * z)
        + z / (trials + z * z) * sqrt(successes * (trials - successes) / trials + z * z / 4);
    create or replace macro main.as_if_now(moment) as
        case when {{ known_by_now('moment') }}
            then moment + (epoch_ms(epoch_ms(now())) - ({{ as_of() }} + interval 1 day))
        end;
    {%- endif %}
{% endmacro %}
