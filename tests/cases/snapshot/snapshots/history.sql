{% snapshot kept %}
{{ config(strategy='timestamp', updated_at='updated_at') }}
select * from {{ ref('prices') }}
{% endsnapshot %}
{% snapshot ended %}
{{ config(strategy='timestamp', updated_at='updated_at', hard_deletes='invalidate', schema='hist') }}
select * from {{ ref('prices') }}
{% endsnapshot %}
{% snapshot recorded %}
{{ config(strategy='timestamp', updated_at='updated_at', hard_deletes='new_record', target_schema='kept') }}
select * from {{ ref('prices') }}
{% endsnapshot %}
{% snapshot ended_by_old_name %}
{{ config(strategy='timestamp', updated_at='updated_at', invalidate_hard_deletes=true) }}
select * from {{ ref('prices') }}
{% endsnapshot %}
{% snapshot own_strategy %}
{{ config(strategy='cheaper') }}
select * from {{ ref('prices') }}
{% endsnapshot %}
