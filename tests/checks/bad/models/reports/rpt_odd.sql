{%- set table = 'täble' -%}
{# ünïcode {{ in }} a comment: from a.b #}
{% raw %}/* {{ no expression }} */{% endraw %}
select 'ß' as ß, {{ "'}}'" }} as brace, substring('from x.y' from 2) as part
from {{- var('täble', 'x') -}} as t
join Ü.Ö using (id), {{ ref('fct_orders') }} as o, {{
    ref('stg_both')
}}
where t.id in (select id from "ünquoted"."yes") {{ '' if true else 'x' }}
