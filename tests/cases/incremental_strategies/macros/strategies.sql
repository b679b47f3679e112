{% macro get_incremental_insert_missing_sql(arg_dict) %}
  {%- set columns = get_quoted_csv(arg_dict.dest_columns | map(attribute='name')) %}
  insert into {{ arg_dict.target_relation }} ({{ columns }})
  select {{ columns }} from {{ arg_dict.temp_relation }}
  where {{ arg_dict.unique_key }} not in (select {{ arg_dict.unique_key }} from {{ arg_dict.target_relation }})
{% endmacro %}

{% macro get_incremental_newest_only_sql(arg_dict) %}
  {{ return(helper.get_incremental_newest_only_sql(arg_dict)) }}
{% endmacro %}
