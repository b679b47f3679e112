{% snapshot sn %}
{{ config(unique_key='id', strategy='check', check_cols='all', target_schema='snaps') }}
select * from {{ ref('sd') }}
{% endsnapshot %}
