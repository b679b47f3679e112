{% snapshot sn1 %}
{{ config(strategy='check', unique_key='id', check_cols=['a'], tags=['sn']) }}
select * from {{ ref('stg_a') }}
{% endsnapshot %}

{% snapshot sn2 %}
{{ config(strategy='timestamp', unique_key='id', updated_at='u', target_schema='other', target_database='memory') }}
select * from {{ source('raw','t1') }}
{% endsnapshot %}
