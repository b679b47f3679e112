with __dbt__cte__eph as (
 select * from "shop"."main"."base_t"
) -- depends_on: "shop"."main"."base_t" "shop"."main"."items"


t: ('id', 'name', 'price', 'day', 'ts', 'flag', 'big') 3 3 (1, 2, 3) ('a', 'b', None)
price: (Decimal('1.5'), Decimal('2.25'), Decimal('3.0'))
day: 2020-01-01 2020-01-02 11:30:00 (True, False, True)
row: a a b (1, 'a', Decimal('1.5'), datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 10, 0), True, 30) ('id', 'name', 'price', 'day', 'ts', 'flag', 'big') [('id', 1), ('name', 'a'), ('price', Decimal('1.5')), ('day', datetime.date(2020, 1, 1)), ('ts', datetime.datetime(2020, 1, 1, 10, 0)), ('flag', True), ('big', 30)]
1=a,2=b,3=None,
123
sel: ('id', 'name') ('id', 'name', 'price', 'day', 'flag', 'big') ('key', 'name', 'price', 'day', 'ts', 'flag', 'big') 2 (3, 2, 1)
sum: 6 3
cols: id:INTEGER:INTEGER:"id" name:VARCHAR:character varying(256):"name" price:DOUBLE:DOUBLE:"price" day:DATE:DATE:"day" ts:TIMESTAMP:TIMESTAMP:"ts" flag:BOOLEAN:BOOLEAN:"flag" big:INTEGER:INTEGER:"big" 
rel: "shop"."main"."items" None "shop"."main"."base_t" table
exists: True False
schema: a INTEGER,s.x INTEGER,s.y.z INTEGER,
q: ['a', 'b']
missing: ['day', 'ts', 'flag', 'big']
none: []


st: [(1,), (2,)] 1 OK (1, 2) None
dbt_utils-like: ('a', 'b', None)
types: (1, Decimal('1.5'), Decimal('1.50'), datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 0, 0), '[1, 2]', '{"a": 1}', None, 'null', '', 12345678901234567890, '10:00:00', True, '1 day')

graph: model.shop.ask,model.shop.base,model.shop.eph,seed.shop.items,test.shop.unique_base_id.c59834fb40 table ['items'] ask,base,eph
model: ask model.shop.ask view [] d {'owner': 'me'} ['shop', 'ask'] models/ask.sql model sql ['source.shop.raw.items', 'model.shop.base', 'seed.shop.items', 'model.shop.eph']
config: view d {'owner': 'me'} me None view False [] [] None True None {}
this: "shop"."main"."ask" main ask None "main"."ask"
var: 2 rendered-x yes it is dflt True
target: dev main duckdb shop nobody True
flags: False compile  eager
misc: "shop"."main"."base_t" "shop"."main"."items" shop main shop duckdb 5 False compile now() True {}
macros: (x + cast(1 as bigint) * interval 1 day) (x + cast(1 as bigint) * interval 1 day) (x + cast(1 as bigint) * interval 1 day) TEXT timestamp now() md5(cast(a as TEXT)) a || b cast(a as int)
own: hello x 2 () {} hello y 1 () {} 2
hello z 3 () {}
ephemeral: __dbt__cte__eph