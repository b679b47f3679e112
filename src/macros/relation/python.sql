{#- Python models: the code around a user's `def model(dbt, session)` that gives it `dbt.ref`, `dbt.source`,
    `dbt.config`, `dbt.this` and `dbt.is_incremental`. Rendered relations are strings by then. -#}

{#- What is put after a Python model's own code. -#}
{% macro py_script_postfix(model) -%}
# What follows was added by dbt; the model's own code ends above.
{{ build_ref_function(model) }}
{{ build_source_function(model) }}
{{ build_config_dict(model) }}

class config:
    def __init__(self, *args, **kwargs):
        """Does nothing: what a model sets was read when the project was parsed."""

    @staticmethod
    def get(key, default=None):
        return config_dict.get(key, default)

    @staticmethod
    def meta_get(key, default=None):
        return meta_dict.get(key, default)


class this:
    database = {{ this.database | string | tojson }}
    schema = {{ this.schema | string | tojson }}
    identifier = {{ this.identifier | string | tojson }}

    def __repr__(self):
        return {{ this | string | tojson }}


class dbtObj:
    def __init__(self, load_df_function):
        self.ref = lambda *args, **kwargs: ref(*args, **kwargs, dbt_load_df_function=load_df_function)
        self.source = lambda *args: source(*args, dbt_load_df_function=load_df_function)
        self.config = config
        self.this = this()
        self.is_incremental = {{ is_incremental() }}

{{ py_script_comment() }}
{%- endmacro %}

{#- A place for warehouses to say how the script can be run by hand. -#}
{% macro py_script_comment() -%}{%- endmacro %}


{#- The `ref` of a Python model. -#}
{% macro build_ref_function(model) -%}
  {%- set relations = {} -%}
  {%- for dependency in model.refs -%}
    {%- set names = [dependency['name']] -%}
    {%- if dependency.get('package') -%}
      {%- do names.insert(0, dependency['package']) -%}
    {%- endif -%}
    {%- set relation = ref(*names, v=dependency.get('version')) -%}
    {%- set key = names | join('.') ~ ('.v' ~ dependency['version'] if dependency.get('version') else '') -%}
    {%- do relations.update({key: resolve_model_name(dbt.py_relation_name(relation))}) -%}
  {%- endfor %}
def ref(*args, **kwargs):
    relations = {{ relations | tojson }}
    version = kwargs.get("v") or kwargs.get("version")
    key = ".".join(args) + (f".v{version}" if version else "")
    return kwargs["dbt_load_df_function"](relations[key])
{% endmacro %}

{#- A relation by its full name, not by the limited query that `--empty` and `--sample` make of it. A project's own
    `ref` may return a string instead. -#}
{% macro py_relation_name(relation) -%}
  {{ return(relation if relation is string else relation.render()) }}
{%- endmacro %}

{#- The `source` of a Python model. -#}
{% macro build_source_function(model) -%}
  {%- set relations = {} -%}
  {%- for names in model.sources -%}
    {%- do relations.update({names | join('.'): resolve_model_name(source(*names))}) -%}
  {%- endfor %}
def source(*args, dbt_load_df_function):
    relations = {{ relations | tojson }}
    return dbt_load_df_function(relations[".".join(args)])
{% endmacro %}

{#- Only what the model was seen to ask for. -#}
{% macro build_config_dict(model) -%}
  {%- set values = {} -%}
  {%- for key, default in zip(model.config.config_keys_used or [], model.config.config_keys_defaults or []) -%}
    {%- do values.update({key: model.config.get(key, default)}) -%}
  {%- endfor -%}
  {%- set meta = {} -%}
  {%- for key, default in zip(model.config.meta_keys_used or [], model.config.meta_keys_defaults or []) -%}
    {%- do meta.update({key: (model.config.meta or {}).get(key, default)}) -%}
  {%- endfor %}
config_dict = {{ values }}
meta_dict = {{ meta }}
{%- endmacro %}

{#- How a Python model names a relation. -#}
{% macro resolve_model_name(input_model_name) -%}
  {{ return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) }}
{%- endmacro %}

{% macro default__resolve_model_name(input_model_name) -%}
  {{ input_model_name | string }}
{%- endmacro %}
