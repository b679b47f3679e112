select * from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select t.* from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select *, a + b as s from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; s = transform t.a, transform t.b

select * exclude (a) from t;
-- expect: b = copy t.b; c = copy t.c

select * exclude a from t;
-- expect: b = copy t.b; c = copy t.c

select * exclude (a, C) from t;
-- expect: b = copy t.b

select t.* exclude (b), u.d from t, u;
-- expect: a = copy t.a; c = copy t.c; d = copy u.d

select * replace (a + 1 as a) from t;
-- expect: a = transform t.a; b = copy t.b; c = copy t.c

select * replace (b as a, a as b) from t;
-- expect: a = rename t.b; b = rename t.a; c = copy t.c

select * replace (upper(c) as c) from t where b = 1;
-- expect: a = copy t.a; b = copy t.b; c = transform t.c; by filter t.b

select * rename (a as x) from t;
-- expect: x = rename t.a; b = copy t.b; c = copy t.c

select * rename (a as x, b as y) from t;
-- expect: x = rename t.a; y = rename t.b; c = copy t.c

select * exclude (c) replace (a::int as a) from t;
-- expect: a = cast t.a; b = copy t.b

select * exclude (c) rename (b as y) from t;
-- expect: a = copy t.a; y = rename t.b

select x.*, y.* from t x, u y;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; a = copy u.a; d = copy u.d; e = copy u.e

select * from (select a as x, b + 1 as y from t);
-- expect: x = rename t.a; y = transform t.b

select q.* exclude (y) from (select a as x, b as y from t) q;
-- expect: x = rename t.a

select columns(*) from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select columns('a|c') from t;
-- expect: a = copy t.a; c = copy t.c

select columns('^(id|amount)$') from orders;
-- expect: id = copy orders.id; amount = copy orders.amount

select columns(* exclude (a)) from t;
-- expect: b = copy t.b; c = copy t.c

select columns(c -> c like 'a%') from orders;
-- expect: amount = copy orders.amount

select columns(c -> c not like '%id' and c <> 'status') from orders;
-- expect: amount = copy orders.amount; ordered_at = copy orders.ordered_at

select columns(['a', 'b']) from t;
-- expect: a = copy t.a; b = copy t.b

select columns('.*id') + 1 as 'new_\0' from orders;
-- expect: new_id = transform orders.id; new_customer_id = transform orders.customer_id

select a, min(columns('b|c')) as 'min_\0' from t group by a;
-- expect: a = copy t.a; min_b = aggregate t.b; min_c = aggregate t.c; by group t.a

select columns(*)::varchar as '\0' from t;
-- expect: a = cast t.a; b = cast t.b; c = cast t.c

select coalesce(columns(* exclude (a)), 0) as '\0' from t;
-- expect: b = transform t.b; c = transform t.c

select * like '%id' from orders;
-- expect: id = copy orders.id; customer_id = copy orders.customer_id

select * not like '%id' from orders;
-- expect: amount = copy orders.amount; status = copy orders.status; ordered_at = copy orders.ordered_at

select * similar to '.*a.*' from orders;
-- expect: amount = copy orders.amount; status = copy orders.status; ordered_at = copy orders.ordered_at

select columns(t.*) from t, u;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select count(*) as n from t;
-- expect: n = nothing

select t as row from t;
-- expect: row = transform t.a, transform t.b, transform t.c

select to_json(t) as j from t join u on true;
-- expect: j = transform t.a, transform t.b, transform t.c

select hash(t.*) as h from t;
-- expect: h = transform t.a, transform t.b, transform t.c

select md5(concat_ws('|', a, b)) as k, * from t;
-- expect: k = transform t.a, transform t.b; a = copy t.a; b = copy t.b; c = copy t.c
