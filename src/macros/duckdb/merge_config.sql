{#- What a merge's configuration must be. Each check appends its complaints to `errors`, so that all are told at once. -#}

{#- Refuses a configuration that the merge could not follow, or would silently ignore. -#}
{% macro validate_merge_config(config, target_relation=none) -%}
  {%- set errors = [] -%}
  {%- set kinds = {
    'merge_update_condition': 'string',
    'merge_insert_condition': 'string',
    'merge_on_using_columns': 'sequence',
    'merge_update_columns': 'sequence',
    'merge_exclude_columns': 'sequence',
    'merge_update_set_expressions': 'mapping',
    'merge_returning_columns': 'sequence',
  } -%}
  {%- for name, kind in kinds.items() -%}
    {%- if kind == 'string' -%}
      {%- do validate_string_field(config.get(name), name, errors) -%}
    {%- elif kind == 'mapping' -%}
      {%- do validate_dict_field(config.get(name), name, errors) -%}
    {%- else -%}
      {%- do validate_string_list_field(config.get(name), name, errors) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do validate_merge_clauses(config, kinds, errors) -%}
  {%- if errors -%}
    {%- do exceptions.raise_compiler_error('MERGE configuration errors:\n' ~ errors | join('\n')) -%}
  {%- endif -%}
{%- endmacro %}

{#- Checks `merge_clauses`, and that no setting is there which it replaces. -#}
{% macro validate_merge_clauses(config, base_configuration_fields, errors) -%}
  {%- set clauses = config.get('merge_clauses') -%}
  {%- if clauses is none -%}
    {{ return('') }}
  {%- elif clauses is not mapping -%}
    {%- do errors.append('merge_clauses must be a dictionary, found: ' ~ clauses) -%}
    {{ return('') }}
  {%- elif 'when_matched' not in clauses and 'when_not_matched' not in clauses -%}
    {%- do errors.append("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys") -%}
  {%- endif -%}
  {%- for kind in ['when_matched', 'when_not_matched'] if kind in clauses -%}
    {%- do validate_merge_clause_list(clauses, kind, errors) -%}
  {%- endfor -%}
  {%- set replaced = [] -%}
  {%- for name in base_configuration_fields
      if name not in ['merge_on_using_columns', 'merge_returning_columns'] and config.get(name) -%}
    {%- do replaced.append(name) -%}
  {%- endfor -%}
  {%- if replaced -%}
    {%- do errors.append('merge_clauses replaces these settings, which must be removed: ' ~ replaced | join(', ')) -%}
  {%- endif -%}
{%- endmacro %}

{#- Checks that the clauses of one kind are a list of dictionaries. -#}
{% macro validate_merge_clause_list(merge_clauses, clause_type, errors) -%}
  {%- set listed = merge_clauses[clause_type] -%}
  {%- if listed is not sequence or listed is mapping or listed is string -%}
    {%- do errors.append('merge_clauses.' ~ clause_type ~ ' must be a list') -%}
  {%- elif not listed -%}
    {%- do errors.append('merge_clauses.' ~ clause_type ~ ' must contain at least one element') -%}
  {%- else -%}
    {%- for clause in listed if clause is not mapping -%}
      {%- do errors.append('merge_clauses.' ~ clause_type ~ ' elements must be dictionaries, found: ' ~ clause) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{#- Checks that a setting, where there is one, is a text. -#}
{% macro validate_string_field(field_value, field_name, errors) -%}
  {%- if field_value is not none and field_value is not string -%}
    {%- do errors.append(field_name ~ ' must be a string, found: ' ~ field_value) -%}
  {%- endif -%}
{%- endmacro %}

{#- Checks that a setting, where there is one, is a list of texts. -#}
{% macro validate_string_list_field(field_value, field_name, errors) -%}
  {%- if field_value is none -%}
    {{ return('') }}
  {%- elif field_value is not sequence or field_value is mapping or field_value is string -%}
    {%- do errors.append(field_name ~ ' must be a list') -%}
  {%- else -%}
    {%- for item in field_value if item is not string -%}
      {%- do errors.append(field_name ~ ' must contain only string values, found: ' ~ item) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{#- Checks that a setting, where there is one, is a dictionary. -#}
{% macro validate_dict_field(field_value, field_name, errors) -%}
  {%- if field_value is not none and field_value is not mapping -%}
    {%- do errors.append(field_name ~ ' must be a dictionary, found: ' ~ field_value) -%}
  {%- endif -%}
{%- endmacro %}


{#- `incremental_predicates` as a list. -#}
{% macro normalize_incremental_predicates(incremental_predicates) -%}
  {{ return(normalize_string_or_list(incremental_predicates, 'incremental_predicates')) }}
{%- endmacro %}

{#- A setting that may be one text or a list of them, as a list. -#}
{% macro normalize_string_or_list(raw, field_name) -%}
  {%- if raw is none -%}
    {{ return([]) }}
  {%- elif raw is string -%}
    {{ return([raw]) }}
  {%- elif raw is mapping or raw is not sequence -%}
    {%- do exceptions.raise_compiler_error(field_name ~ ' must be a list of strings or a string') -%}
  {%- endif -%}
  {%- for item in raw if item is not string -%}
    {%- do exceptions.raise_compiler_error(field_name ~ ' list values must be non-empty strings') -%}
  {%- endfor -%}
  {{ return(raw | list) }}
{%- endmacro %}
