from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

from t select a;
-- expect: a = copy t.a

from t select a where b = 1;
-- expect: a = copy t.a; by filter t.b

from (from t select a as x) select x;
-- expect: x = rename t.a

from t join u using (a) select b, d;
-- expect: b = copy t.b; d = copy u.d; by join t.a, join u.a

values (1, 'a'), (2, 'b');
-- expect: col0 = nothing; col1 = nothing

select * from (values (1, 'a'), (2, 'b')) v(id, name);
-- expect: id = nothing; name = nothing

select t.a, w.name from t join (values (1, 'a')) w(id, name) on t.b = w.id;
-- expect: a = copy t.a; name = nothing; by join t.b

select a, y from t, (values (t.b), (t.c)) w(y);
-- expect: a = copy t.a; y = rename t.b, rename t.c

select * from range(10) r(i);
-- expect: i = nothing

select i from range(10) r(i);
-- expect: i = nothing

select range from range(10);
-- expect: range = nothing

select generate_series from generate_series(1, 10);
-- expect: generate_series = nothing

select t.a, r.i from t, range(t.b) r(i);
-- expect: a = copy t.a; i = transform t.b

select user_id, tag from events, unnest(events.tags) as x(tag);
-- expect: user_id = copy events.user_id; tag = transform events.tags

select user_id, unnest from events, unnest(tags);
-- expect: user_id = copy events.user_id; unnest = transform events.tags

select user_id, x.tag from events cross join unnest(tags) as x(tag);
-- expect: user_id = copy events.user_id; tag = transform events.tags

select user_id, tag from events cross join lateral (select unnest(tags) as tag);
-- expect: user_id = copy events.user_id; tag = transform events.tags

select id from read_parquet('orders.parquet');
-- expect: id = copy read_parquet('orders.parquet').id

select * from read_csv('orders.csv', header = true);
-- expect: * = copy read_csv('orders.csv', header = true).*

select id from 'orders.parquet';
-- expect: id = copy 'orders.parquet'.id

select o.id, o.total as amount from read_json_auto('o.json') o;
-- expect: id = copy read_json_auto('o.json').id; amount = rename read_json_auto('o.json').total

select a from db.main.t as t;
-- expect: a = copy db.main.t.a

select a from "T";
-- expect: a = copy T.a

select x.value from events e, json_each(e.props) x;
-- expect: value = transform events.props

select * from t tablesample reservoir(10);
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select a from t where a in (from u select d);
-- expect: a = copy t.a; by filter t.a, filter u.d

table t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select x.a from t as x, t as y where x.b = y.c;
-- expect: a = copy t.a; by filter t.b, filter t.c
