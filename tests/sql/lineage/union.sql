select a from t union all select d from u;
-- expect: a = copy t.a, rename u.d

select a from t union select a from u;
-- expect: a = copy t.a, copy u.a

select a, b from t union all select d, e from u;
-- expect: a = copy t.a, rename u.d; b = copy t.b, rename u.e

select a as x from t union all select d + 1 from u;
-- expect: x = rename t.a, transform u.d

select a from t union all select b from t;
-- expect: a = copy t.a, rename t.b

select a from t union all select a + 1 from t;
-- expect: a = transform t.a

select a from t union all select null;
-- expect: a = copy t.a

select 1 as x union all select a from t;
-- expect: x = rename t.a

select a from t where b = 1 union all select a from u where d = 2;
-- expect: a = copy t.a, copy u.a; by filter t.b, filter u.d

select * from t union all select a, d, e from u;
-- expect: a = copy t.a, copy u.a; b = copy t.b, rename u.d; c = copy t.c, rename u.e

select a from t union all select d from u union all select k from v;
-- expect: a = copy t.a, rename u.d, rename v.k

(select a from t) union all (select d from u) order by 1 limit 5;
-- expect: a = copy t.a, rename u.d; by order t.a, order u.d

select a from t union all select d from u order by a;
-- expect: a = copy t.a, rename u.d; by order t.a, order u.d

select x from (select a as x from t union all select d from u) where x > 1;
-- expect: x = rename t.a, rename u.d; by filter t.a, filter u.d

with q as (select a, b from t union all select a, d from u) select b, a from q;
-- expect: b = copy t.b, rename u.d; a = copy t.a, copy u.a

select a, b from t union all by name select d as b, a from u;
-- expect: a = copy t.a, copy u.a; b = copy t.b, rename u.d

select a from t union by name select d from u;
-- expect: a = copy t.a; d = copy u.d

select * from t union all by name select * from u;
-- expect: a = copy t.a, copy u.a; b = copy t.b; c = copy t.c; d = copy u.d; e = copy u.e

select a, b from t union all by name select b from t union all by name select d, a from u;
-- expect: a = copy t.a, copy u.a; b = copy t.b; d = copy u.d

select a from t intersect select a from u;
-- expect: a = copy t.a; by filter u.a

select a, b from t except select a, d from u;
-- expect: a = copy t.a; b = copy t.b; by filter u.a, filter u.d

select a from t except select a from u where e = 1;
-- expect: a = copy t.a; by filter u.a, filter u.e

select a from t union all select d from u except select k from v;
-- expect: a = copy t.a, rename u.d; by filter v.k

select a from t union all (select d from u intersect select k from v);
-- expect: a = copy t.a, rename u.d; by filter v.k

select sum(a) as s from t union all select max(d) from u;
-- expect: s = aggregate t.a, aggregate u.d

select 'web' as channel, id from orders union all select 'shop', order_id from payments;
-- expect: channel = nothing; id = copy orders.id, rename payments.order_id

select a::int as a from t union all select a from u;
-- expect: a = cast t.a, copy u.a

from t union all from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

(((select a from t) union all select a from u));
-- expect: a = copy t.a, copy u.a
