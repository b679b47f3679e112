{% macro tell() %}
  {%- set r = run_query("select 1.50::decimal(9,2) a, 2.5::double b, 0.00000012::decimal(10,8) c, 100::decimal(5,0) d, 7::int i, -1.10::decimal(9,2) e, 1e30::double f, 0.1::decimal(3,1) g") -%}
  {%- set v = r.rows[0].values() -%}
  {%- set a = v[0] -%}{%- set b = v[1] -%}{%- set d = v[3] -%}{%- set e = v[5] -%}{%- set g = v[7] -%}
  {%- set text -%}
values: {{ v }}
prints: {% for x in v %}{{ x }} {% endfor %}
arith: {{ a + a }} {{ a - e }} {{ a * a }} {{ a / d }} {{ d / 3 }} {{ a + 1 }} {{ 1 + a }} {{ 2 * a }} {{ -a }} {{ a // 1 }} {{ a % 1 }} {{ e % 1 }} {{ e // 1 }} {{ a ** 2 }} {{ g + g + g }} {{ 1 - a }} {{ a / 3 }}
cmp: {{ a > 1 }} {{ a < 2 }} {{ a == 1.5 }} {{ g == 0.1 }} {{ a >= a }} {{ d == 100 }} {{ 1 < a < 2 }} {{ a != 1 }} {{ a == '1.50' }} {{ a > b }} {{ b > 2 }}
filters: {{ a|float }} {{ a|int }} {{ a|round }} {{ a|round(1) }} {{ a|abs }} {{ [a, e]|sum }} {{ [a, e]|min }} {{ [a,e]|max }} {{ [a, e, b]|sort }} {{ a|string }} {{ e|round(0, 'floor') }} {{ e|abs }} {{ [a,a]|unique|list }} {{ [a, 1]|sum }}
tests: {{ a is number }} {{ a is string }} {{ a is none }} {{ a is defined }} {{ a is iterable }} {{ 'y' if d - d else 'n' }} {{ a is float }} {{ a is integer }}
format: {{ '%.1f' % a }} {{ '%s %d' % (a, a) }} {{ '{:.3f} {}'.format(a, a) }} {{ a ~ 'x' }} {{ [a, e]|join(',') }} {{ a|tojson }} {{ tojson({"k": a}) }} {{ {'k': a} }}
  {%- endset -%}
  {% do print(text) %}
{% endmacro %}

{% macro one() %}{{ return(run_query("select 1.50::decimal(9, 2)").rows[0][0]) }}{% endmacro %}
{% macro divide() %}{{ print(one() / 0) }}{% endmacro %}
{% macro add_a_text() %}{{ print(one() + 'x') }}{% endmacro %}
{% macro grow() %}{% set ns = namespace(n=one()) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}{{ print(ns.n) }}{% endmacro %}
