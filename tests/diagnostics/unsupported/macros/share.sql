{% macro share_data() %}
  {{ adapter.dispatch('share_data')() }}
{% endmacro %}

{% macro default__share_data() %}
  {{ exceptions.raise_not_implemented('share_data is not implemented for ' ~ adapter.type()) }}
{% endmacro %}
