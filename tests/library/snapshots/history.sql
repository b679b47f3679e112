{% snapshot history %}
{{ config(unique_key='id', strategy='timestamp', updated_at='updated_at', hard_deletes='new_record') }}
select * from {{ ref('orders') }} where id < {{ 3 if var('round', 1) == 1 else 2 }}
{% endsnapshot %}
{% snapshot changes %}
{{ config(unique_key=['id', 'name'], strategy='check', check_cols='all') }}
select * from {{ ref('orders') }}
{% endsnapshot %}
