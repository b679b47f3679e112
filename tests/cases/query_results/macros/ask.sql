{#- Each line: what a template does with the rows of a query. -#}
{% macro ask() %}
  {% set t = run_query("
    select * from (values
      (1, 'a', 1.50::decimal(10, 2), date '2024-01-02', timestamp '2024-01-02 03:04:05', true, null),
      (2, null, 2.25, null, null, false, 'z'),
      (3, 'a', null, date '2024-01-01', null, null, 'y')
    ) as t(i, s, d, day, moment, b, n)") %}
  {% do print(t) %}
  {% do print(t.column_names) %}
  {% do print(t.columns[0]) %}
  {% do print(t.columns['s'].values()) %}
  {% do print(t.columns.s.values_distinct()) %}
  {% do print(t.columns[1].values_without_nulls()) %}
  {% do print(t.columns[6].values_sorted()) %}
  {% do print(t.columns.get('s').name ~ ' ' ~ t.columns.get('nope') ~ ' ' ~ t.columns.get('nope', 'default')) %}
  {% do print(t.columns[3].values()) %}
  {% do print(t.columns[3][0].strftime('%d/%m/%Y') ~ ' ' ~ t.columns[4][0].isoformat()) %}
  {% do print(t.columns[2][0] + 1) %}
  {% do print(t.columns[6][0] is none) %}
  {% do print(t.rows[0]) %}
  {% do print(t.rows[0].values()) %}
  {% do print(t.rows[1].keys()) %}
  {% do print(t.rows[0].items()[:2]) %}
  {% do print(t.rows[0].dict().i ~ ' ' ~ t[0]['s'] ~ ' ' ~ t.rows[0].s ~ ' ' ~ t.rows[0][1] ~ ' ' ~ t.rows[-1][0]) %}
  {% do print(t.rows | map(attribute='s') | list) %}
  {% do print(t.rows | length ~ ' ' ~ t | length ~ ' ' ~ t.columns | length) %}
  {% for row in t %}{% do print(row.i ~ ' ' ~ (row | list | length)) %}{% endfor %}
  {% do print(dict(t.columns).keys() | list) %}
  {% do print(t.select(['s', 'i']).rows[0].values()) %}
  {% do print(t.exclude(['d', 'day', 'moment', 'b', 'n']).rename(column_names={'i': 'id'}).column_names) %}
  {% do print(t.order_by('i', reverse=true).columns[0].values()) %}
  {% do print(t.limit(0, 3, 2).columns[0].values()) %}
  {% do print(t.distinct('s').columns[0].values()) %}
  {% do print(t.group_by('s').keys()) %}
  {% for key, group in t.group_by('s').items() %}{% do print(key ~ ' ' ~ group.rows | length) %}{% endfor %}
  {% do print(t.where(is_first).rows | length ~ ' ' ~ t.find(is_first).i) %}
  {% do t.print_table() %}
  {% do t.print_table(max_rows=1, max_columns=2) %}
  {% do t.select(['i', 's', 'moment']).print_csv() %}
  {% do t.select(['i', 's', 'moment']).print_json() %}
  {% do t.select(['i', 'd']).print_structure() %}
  {% do run_query('select 1234567.5 as large, 0.12345 as precise').print_table() %}
{% endmacro %}

{% macro is_first(row) %}{{ return(row.i == 1) }}{% endmacro %}

{% macro write_rows() %}
  {% do run_query('select 1 as i').to_csv('rows.csv') %}
{% endmacro %}
