select a from t limit 10%;
-- expect: a = copy t.a

select a % 10 as r from t limit 5;
-- expect: r = transform t.a

with recursive r using key (a) as (select a, b from t union select a, b from r) select * from r;
-- expect: a = copy t.a; b = copy t.b

select event from events where user_id in tags;
-- expect: event = copy events.event; by filter events.user_id, filter events.tags

select user_id in list_value(ts, event) as is_in from events;
-- expect: is_in = transform events.user_id, transform events.ts, transform events.event

select [x for x in tags] as l from events;
-- expect: l = transform events.tags

select [x for x, i in tags if i > 1] as l from events;
-- expect: l = transform events.tags

select a ^@ 'x' as is_x from t where b ^@ c;
-- expect: is_x = transform t.a; by filter t.b, filter t.c

select coalesce(*columns(*)) as c from t;
-- expect: c = transform t.a, transform t.b, transform t.c

select greatest(*columns(* exclude (b))) as g from t;
-- expect: g = transform t.a, transform t.c

select a from t at (version => 3);
-- expect: a = copy t.a

select a from t at (timestamp => now() - interval 1 day) as old where old.b = 1;
-- expect: a = copy t.a; by filter t.b

select a from t where b = 1 and not exists (from u where u.a = t.a);
-- expect: a = copy t.a; by filter t.b, filter u.a, filter t.a

select a from t where a in (from u select d where e = 1);
-- expect: a = copy t.a; by filter t.a, filter u.d, filter u.e

unpivot v on (x, y), (y, k) into name n value v1, v2;
-- expect: n = nothing; v1 = rename v.x, rename v.y; v2 = rename v.y, rename v.k
