-- depends_on: {{ ref('base') }} {{ ref('items') }}
{% if execute %}
{% set t = run_query('select * from ' ~ ref('items') ~ ' order by id') %}
t: {{ t.column_names }} {{ t.rows | length }} {{ t | length }} {{ t.columns[0].values() }} {{ t.columns['name'].values() }}
price: {{ t.columns['price'].values() }}
day: {{ t.columns['day'].values()[0] }} {{ t.columns['ts'].values()[1] }} {{ t.columns['flag'].values() }}
row: {{ t.rows[0]['name'] }} {{ t[0][1] }} {{ t.rows[1].name }} {{ t.rows[0].values() }} {{ t.rows[0].keys() }} {{ t.rows[0].items() | list }}
{% for row in t %}{{ row['id'] }}={{ row[1] }},{% endfor %}
{% for row in t.rows %}{{ row.id }}{% endfor %}
sel: {{ t.select(['id', 'name']).column_names }} {{ t.exclude('ts').column_names }} {{ t.rename({'id': 'key'}).column_names }} {{ t.limit(2).rows | length }} {{ t.order_by('id', reverse=true).columns[0].values() }}
sum: {{ t.columns[0].values() | sum }} {{ t.columns['id'].values() | max }}
cols: {% for c in adapter.get_columns_in_relation(ref('items')) %}{{ c.name }}:{{ c.dtype }}:{{ c.data_type }}:{{ c.quoted }} {% endfor %}
rel: {{ adapter.get_relation(this.database, this.schema, 'items') }} {{ adapter.get_relation('nope', 'nope', 'nope') }} {{ load_relation(ref('base')) }} {{ load_relation(ref('base')).type }}
exists: {{ adapter.check_schema_exists(target.database, 'main') }} {{ adapter.check_schema_exists(target.database, 'no') }}
schema: {% for c in adapter.get_column_schema_from_query('select 1 as a, {x: 1, y: {z: 2}} as s') %}{{ c.name }} {{ c.dtype }},{% endfor %}
q: {{ get_columns_in_query('select 1 as a, 2 as b') }}
missing: {{ adapter.get_missing_columns(ref('items'), ref('base')) | map(attribute='name') | list }}
none: {{ adapter.get_columns_in_relation(api.Relation.create(schema='main', identifier='nothing')) }}
{% call statement('st', fetch_result=true) %}select 1 as x union all select 2 order by 1{% endcall %}
{% set r = load_result('st') %}
st: {{ r.data }} {{ r['data'][0][0] }} {{ r.response }} {{ r.table.columns[0].values() }} {{ load_result('never') }}
dbt_utils-like: {{ run_query("select distinct name from " ~ ref('base') ~ " order by 1").columns[0].values() }}
types: {{ run_query("select 1::tinyint a, 1.5::double b, 1.50::decimal(9,2) c, date '2020-01-01' d, timestamp '2020-01-01 00:00:00' e, [1,2] f, {a: 1} g, null h, 'null' i, '' j, 12345678901234567890::hugeint k, time '10:00' l, true m, interval 1 day n").rows[0].values() }}
{% endif %}
graph: {{ graph.nodes.keys() | list | sort | join(',') }} {{ graph.nodes['model.shop.base'].config.materialized }} {{ graph.sources.values() | map(attribute='name') | list }} {{ graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | map(attribute='name') | sort | join(',') }}
model: {{ model.name }} {{ model.unique_id }} {{ model.config.materialized }} {{ model['tags'] }} {{ model.get('nope', 'd') }} {{ model.meta }} {{ model.fqn }} {{ model.original_file_path }} {{ model.resource_type }} {{ model.language }} {{ model.depends_on.nodes }}
config: {{ config.get('materialized') }} {{ config.get('nope', 'd') }} {{ config.get('meta') }} {{ config.meta_get('owner') }} {{ config.get('unique_key', 'd') }} {{ config.require('materialized') }} {{ config.persist_relation_docs() }} {{ config.get('tags') }} {{ config.get('pre_hook') }} {{ config.get('full_refresh') }} {{ config.get('enabled') }} {{ config.get('schema') }} {{ config.get('grants') }}
this: {{ this }} {{ this.schema }} {{ this.identifier }} {{ this.type }} {{ this.include(database=false) }}
var: {{ var('plain') + 1 }} {{ var('tmpl') }} {{ var('scoped') }} {{ var('x', 'dflt') }} {{ var.has_var('plain') }}
target: {{ target.name }} {{ target.schema }} {{ target.type }} {{ target.database }} {{ target.get('user', 'nobody') }} {{ env is defined }}
flags: {{ flags.FULL_REFRESH }} {{ flags.WHICH }} {{ flags.STORE_FAILURES }} {{ flags.INDIRECT_SELECTION }}
misc: {{ builtins.ref('base') }} {{ source('raw', 'items') }} {{ database }} {{ schema }} {{ project_name }} {{ adapter.type() }} {{ selected_resources | length }} {{ is_incremental() }} {{ invocation_args_dict.which }} {{ sql_now }} {{ column is defined }} {{ dbt_metadata_envs }}
macros: {{ dbt.dateadd('day', 1, 'x') }} {{ dateadd('day', 1, 'x') }} {{ context['dateadd']('day', 1, 'x') }} {{ dbt.type_string() }} {{ type_timestamp() }} {{ current_timestamp() }} {{ dbt.hash('a') }} {{ dbt.concat(['a', 'b']) }} {{ dbt.safe_cast('a', 'int') }}
own: {{ greet('x', b=2) }} {{ shop.greet('y') }} {{ ret()['a'][1] }}
{{ adapter.dispatch('greet', 'shop')('z') }}
ephemeral: {{ ref('eph') }}
