-- nothing is known of the columns of `w` and `z`; of `partial`, that `p` and `q` are among them
select a from w;
-- expect: a = copy w.a

select * from w;
-- expect: * = copy w.*

select *, a + 1 as x from w;
-- expect: * = copy w.*; x = transform w.a

select * exclude (a) from w;
-- expect: * = copy w.*

select a from (select * from w);
-- expect: a = copy w.a

select a as x from (select * from w);
-- expect: x = rename w.a

select x from (select *, a as x from w);
-- expect: x = rename w.a

select b, x from (select *, a as x from w);
-- expect: b = copy w.b; x = rename w.a

select * replace (upper(a) as a) from w;
-- expect: a = transform w.a; * = copy w.*

select a, b from (select * replace (upper(a) as a) from w);
-- expect: a = transform w.a; b = copy w.b

select x from (select * rename (a as x) from w);
-- expect: x = rename w.a

with source as (select * from w), renamed as (select id as order_id, amt::int as amount from source) select * from renamed;
-- expect: order_id = rename w.id; amount = cast w.amt

-- either may have it
select a from w join z on w.id = z.id;
-- expect: a = copy? w.a, copy? z.a; by join w.id, join z.id

select w.a, z.b from w join z on w.id = z.id;
-- expect: a = copy w.a; b = copy z.b; by join w.id, join z.id

-- a known column wins
select b from t join w on t.a = w.id;
-- expect: b = copy t.b; by join t.a, join w.id

-- and what no known table has is of the unknown one
select f from t join w on t.a = w.id;
-- expect: f = copy w.f; by join t.a, join w.id

select * from t join w on t.a = w.id;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; * = copy w.*; by join t.a, join w.id

select * from w join z using (id);
-- expect: id = copy w.id; * = copy w.*; * = copy z.*; by join w.id, join z.id

select * from w union all select * from z;
-- expect: * = copy w.*, copy z.*

select a from (select * from w union all select * from z);
-- expect: a = copy w.a, copy z.a

select a from (select a, b from t union all select * from w);
-- expect: a = copy t.a, copy? w.*

select a, b from (select a, b from t union all by name select * from w);
-- expect: a = copy t.a, copy w.a; b = copy t.b, copy w.b

select * from partial;
-- expect: p = copy partial.p; q = copy partial.q; * = copy partial.*

select p, r from partial;
-- expect: p = copy partial.p; r = copy partial.r

select r from (select * from partial);
-- expect: r = copy partial.r

select upper(email) as email, length(email) as n from w;
-- expect: email = transform w.email; n = transform w.email

select a as x, x + 1 as y from w;
-- expect: x = rename w.a; y = transform w.a

select (select max(d) from w where w.k = t.a) as m from t;
-- expect: m = aggregate w.d | filter t.a, filter w.k

-- the inner table may have `b`, and the outer one does
select (select max(w.d) from w where w.k = b) as m from t;
-- expect: m = aggregate w.d | filter t.b, filter w.k, filter w.b

select min(columns(*)) from w;
-- expect: * = aggregate w.*

select x.y.z from w x;
-- expect: z = transform w.y

select count(*) as n, sum(v) as s from w group by k;
-- expect: n = nothing; s = aggregate w.v; by group w.k

select q.* from (select w.*, t.a as ta from w, t) q;
-- expect: * = copy w.*; ta = rename t.a

select p, q from w s(p, q);
-- expect: p = copy? w.*; q = copy? w.*

-- all tables are known, and none has it
select nope from t;
-- expect: nope = nothing

select t.nope from t;
-- expect: nope = nothing
