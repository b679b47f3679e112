{% snapshot price_history %}
{{ config(unique_key='id', strategy='timestamp', updated_at='updated_at', target_schema='history') }}
select * from {{ ref('prices') }}
{% endsnapshot %}
