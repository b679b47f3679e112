{#- Data tests: a query whose rows are failures, counted and, where asked, stored. -#}

{#- Counts a test's failures and, where asked, stores them. -#}
{% materialization test, default -%}
  {%- set relations = [] -%}
  {%- set header = (config.get('sql_header') or '') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else '' -%}
  {%- set failures_sql = get_limit_subquery_sql(sql, config.get('limit')) -%}

  {%- if should_store_failures() -%}
    {%- set failures_relation = dbt.store_test_failures(failures_sql, header) -%}
    {%- do relations.append(failures_relation) -%}
    {%- set failures_sql = 'select * from ' ~ failures_relation -%}
  {%- endif -%}

  {#- The limit is already in the query. -#}
  {%- call statement('main', fetch_result=true) -%}
    {{ header }}
    {{ get_test_sql(failures_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
  {%- endcall -%}
  {{ return({'relations': relations}) }}
{%- endmaterialization %}

{#- Replaces the relation of the last run's failures, in one transaction. -#}
{% macro store_test_failures(failures_sql, header) -%}
  {%- set stored_as = config.get('store_failures_as') or 'table' -%}
  {%- if stored_as not in ['table', 'view'] -%}
    {%- do exceptions.raise_compiler_error(
        "'" ~ stored_as ~ "' is not a valid value for `store_failures_as`. "
        ~ "Accepted values are: ['ephemeral', 'table', 'view']") -%}
  {%- endif -%}
  {%- set old_relation = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
  {%- set new_relation = api.Relation.create(
      database=database, schema=schema, identifier=model['alias'], type=stored_as) -%}
  {%- if old_relation -%}
    {%- call statement() -%}
      {{ get_drop_sql(old_relation) }}
    {%- endcall -%}
    {%- do adapter.cache_dropped(old_relation) -%}
  {%- endif -%}
  {%- call statement() -%}
    {{ header }}
    {{ get_create_sql(new_relation, failures_sql) }}
  {%- endcall -%}
  {%- do adapter.commit() -%}
  {{ return(new_relation) }}
{%- endmacro %}


{#- One row: failures, should_warn, should_error. -#}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  {{ return(adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit)) }}
{%- endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  select
    {{ fail_calc }} as failures,
    {{ fail_calc }} {{ warn_if }} as should_warn,
    {{ fail_calc }} {{ error_if }} as should_error
  from (
    {{ main_sql }}
    {{ 'limit ' ~ limit if limit is not none }}
  ) as dbt_internal_test
{%- endmacro %}


{#- What a generic test reads: the tested relation, or those of its rows that the test's `where` selects. -#}
{% macro get_where_subquery(relation) -%}
  {{ return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
  {%- set where = config.get('where') -%}
  {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery' if where else relation) }}
{%- endmacro %}
