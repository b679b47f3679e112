{% snapshot snap_users %}
{{ config(unique_key='id', strategy='timestamp', updated_at='at') }}
select id, at from {{ source('crm', 'users') }}
{% endsnapshot %}
