select x from (select a as x from t) q;
-- expect: x = rename t.a

select q.x from (select a as x from t) as q;
-- expect: x = rename t.a

select x from (select a as x from t);
-- expect: x = rename t.a

select * from (select a, b from t);
-- expect: a = copy t.a; b = copy t.b

select z from (select y as z from (select x as y from (select a as x from t)));
-- expect: z = rename t.a

select p, q from (select a, b from t) s(p, q);
-- expect: p = rename t.a; q = rename t.b

select x from (select a as x, b from t where c = 1) where b = 2;
-- expect: x = rename t.a; by filter t.b, filter t.c

select (select max(d) from u) as m from t;
-- expect: m = aggregate u.d

select (select d from u limit 1) as m from t;
-- expect: m = rename u.d

select a, (select max(d) from u where u.a = t.a) as m from t;
-- expect: a = copy t.a; m = aggregate u.d | filter t.a, filter u.a

select a, (select count(*) from u where u.a = t.a) as n from t;
-- expect: a = copy t.a; n = nothing | filter t.a, filter u.a

select (select t.a + max(u.d) from u) as x from t;
-- expect: x = transform t.a, aggregate u.d

select (select max(d) + b from u) as x from t;
-- expect: x = transform t.b, aggregate u.d

-- the inner column of the same name wins
select (select max(a) from u) as x from t;
-- expect: x = aggregate u.a

select a from t where a in (select a from u);
-- expect: a = copy t.a; by filter t.a, filter u.a

select a from t where a not in (select a from u where e = 1);
-- expect: a = copy t.a; by filter t.a, filter u.a, filter u.e

select a from t where exists (select 1 from u where u.a = t.a);
-- expect: a = copy t.a; by filter t.a, filter u.a

select a from t where not exists (select * from u where u.a = t.a and u.d > 1);
-- expect: a = copy t.a; by filter t.a, filter u.a, filter u.d

select a from t where b = any (select d from u);
-- expect: a = copy t.a; by filter t.b, filter u.d

select a from t where b > all (select d from u where u.a = t.a);
-- expect: a = copy t.a; by filter t.a, filter t.b, filter u.a, filter u.d

select a from t where b = (select max(d) from u);
-- expect: a = copy t.a; by filter t.b, filter u.d

select a from t where (a, b) in (select a, d from u);
-- expect: a = copy t.a; by filter t.a, filter t.b, filter u.a, filter u.d

select a in (select d from u) as x from t;
-- expect: x = transform t.a, transform u.d

select exists (select 1 from u where u.a = t.a) as x from t;
-- expect: x = transform t.a, transform u.a

-- two levels out
select (select (select max(x) from v where v.k = t.a) from u limit 1) as m from t;
-- expect: m = aggregate v.x | filter t.a, filter v.k

select * from t, lateral (select d from u where u.a = t.a) l;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; d = copy u.d; by filter t.a, filter u.a

select l.x from t, lateral (select t.a + t.b as x) l;
-- expect: x = transform t.a, transform t.b

select l.x from t join lateral (select t.a as x) l on true;
-- expect: x = rename t.a

-- a subquery sees the relations before it without the word
select l.x from t, (select t.a * 2 as x) l;
-- expect: x = transform t.a

select l.m, t.a from t left join lateral (select max(d) as m from u where u.a = t.a) l on true;
-- expect: m = aggregate u.d; a = copy t.a; by filter t.a, filter u.a

select array(select d from u where u.a = t.a) as l from t;
-- expect: l = transform u.d | filter t.a, filter u.a

select a from t order by (select max(d) from u where u.a = t.a);
-- expect: a = copy t.a; by filter t.a, filter u.a, order u.d

select a from t having a > (select avg(d) from u);
-- expect: a = copy t.a; by filter t.a, filter u.d
