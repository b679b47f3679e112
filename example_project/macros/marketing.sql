{# The channel grouping that marketing reports by; null when nothing says where a visit came from. #}
{% macro marketing_channel(source, medium) -%}
    case
        when {{ medium }} in ('cpc', 'paid') then 'Paid Search'
        when {{ medium }} = 'organic' then 'Organic Search'
        when {{ medium }} = 'email' or {{ source }} = 'newsletter' then 'Email'
        when {{ medium }} = 'referral' then 'Referral'
    end
{%- endmacro %}
