{% set leak = var('leak', '') %}
select
    id,
    {% if leak == 'hash' -%}
    address as email_hash,
    {% else -%}
    sha256(address) as email_hash,
    {% endif -%}
    {% if leak == 'wrapped' %}{{ both('name') }}{% else %}{{ hide('name') }}{% endif %} as shown_name,
    count(distinct phone) over (partition by network) as phones,
    has_email,
    is_own
from {{ ref('stg_users') }}
{% if leak == 'union' %}
union all
select id, sha256(email_hash), address, 0, has_email, is_own from {{ ref('stg_users') }}
{% endif %}
{% if leak == 'python' %}
union all by name
select id, contact as email_hash from {{ ref('py_users') }}
{% endif %}
