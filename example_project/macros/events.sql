{# The envelope that all SDKs share, read from one JSON line called `json`. Addresses of devices stay behind. #}
{% macro event_envelope(platform) -%}
    json ->> '$.id' as event_id,
    json ->> '$.anonymous_id' as anonymous_id,
    json ->> '$.user_id' as user_id,
    {{ event_name("json ->> '$.event'") }} as event_name,
    {{ event_time() }} as event_at,
    try_cast(json ->> '$.received_at' as timestamp) as received_at,
    '{{ platform }}' as platform
{%- endmacro %}


{# A property of the event, typed. #}
{% macro event_property(name, type='varchar') -%}
    {%- if type == 'varchar' -%}
        json ->> '$.properties.{{ name }}'
    {%- else -%}
        try_cast(json ->> '$.properties.{{ name }}' as {{ type }})
    {%- endif -%}
{%- endmacro %}


{# One spelling for every team's event names: "Message Posted" and "message_posted" are the same event. #}
{% macro event_name(raw) -%}
    nullif(lower(replace(trim({{ raw }}), ' ', '_')), '')
{%- endmacro %}


{# When it happened by the device's clock, or, if that clock runs more than an hour ahead, when it arrived. #}
{% macro event_time() -%}
    case
        when try_cast(json ->> '$.original_timestamp' as timestamp)
            <= try_cast(json ->> '$.received_at' as timestamp) + interval 1 hour
            then try_cast(json ->> '$.original_timestamp' as timestamp)
        else try_cast(json ->> '$.received_at' as timestamp)
    end
{%- endmacro %}


{# Keeps the first arrival of each event and drops lines that are broken beyond use. #}
{% macro first_arrivals(from_cte) -%}
    select *
    from {{ from_cte }}
    where
        event_id is not null
        and received_at is not null
        and {{ known_by_now('received_at') }}
    qualify row_number() over (partition by event_id order by received_at) = 1
{%- endmacro %}


{# All event streams as one, whatever extra columns each has. #}
{% macro union_event_streams(relations) -%}
    {{ return(adapter.dispatch('union_event_streams', 'harborline')(relations)) }}
{%- endmacro %}

{% macro duckdb__union_event_streams(relations) -%}
    {%- for relation in relations %}
    select * from {{ relation }}
    {%- if not loop.last %}
    union all by name
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{% macro default__union_event_streams(relations) -%}
    {%- set columns = {} -%}
    {%- for relation in relations -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do columns.setdefault(column.name, {'type': column.data_type, 'in': []}) -%}
            {%- do columns[column.name]['in'].append(relation | string) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for relation in relations %}
    select
        {%- for name, column in columns.items() %}
        {% if (relation | string) in column['in'] %}{{ name }}{% else %}cast(null as {{ column['type'] }}) as {{ name }}{% endif %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}


{# An identify call: which person a device turned out to be. Name, e-mail and address stay behind. #}
{% macro identify_fields() -%}
    select
        json ->> '$.id' as event_id,
        json ->> '$.anonymous_id' as anonymous_id,
        json ->> '$.user_id' as user_id,
        {{ hash_pii("json ->> '$.traits.email'") }} as email_hash,
        {{ email_domain("json ->> '$.traits.email'") }} as email_domain,
        json ->> '$.traits.role' as role,
        json ->> '$.traits.server_id' as server_id,
        json ->> '$.context_locale' as locale,
        {{ event_time() }} as event_at,
        try_cast(json ->> '$.received_at' as timestamp) as received_at
    from landed
{%- endmacro %}
