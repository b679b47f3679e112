{% macro get_incremental_newest_only_sql(arg_dict) %}
  delete from {{ arg_dict.target_relation }};
  insert into {{ arg_dict.target_relation }} select * from {{ arg_dict.temp_relation }}
{% endmacro %}
