{% macro note(node) %}{% if node %}by {{ "dev" }} for {{ node.name }}{% else %}none{% endif %}{% endmacro %}
{% macro said(w) %}insert into log (line) values ('{{ w }} {{ this }}'){% endmacro %}
{% macro generate_schema_name(custom_schema_name, node) %}{{ target.schema ~ '__' ~ custom_schema_name if custom_schema_name else target.schema }}{% endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ custom_alias_name or node.name }}{{ '_t' if node.config.materialized == 'table' }}{% endmacro %}
{% macro generate_database_name(custom_database_name=none, node=none) %}{{ custom_database_name or target.database }}{% endmacro %}
