select case when a = 1 then b else c end as x from t;
-- expect: x = transform t.a, transform t.b, transform t.c

select case a when 1 then 'one' when 2 then 'two' end as x from t;
-- expect: x = transform t.a

select case when a then 1 end as x from t;
-- expect: x = transform t.a

select case when a > 0 then case when b > 0 then c end end as x from t;
-- expect: x = transform t.a, transform t.b, transform t.c

select sum(case when b = 'x' then a else 0 end) as x from t;
-- expect: x = aggregate t.a, aggregate t.b

select case when sum(a) > 0 then max(b) end as x from t;
-- expect: x = aggregate t.a, aggregate t.b

select if(a, b, c) as x, iff(a > 1, b, c) as y, nullif(a, b) as z, ifnull(a, b) as w from t;
-- expect: x = transform t.a, transform t.b, transform t.c; y = transform t.a, transform t.b, transform t.c; z = transform t.a, transform t.b; w = transform t.a, transform t.b

select case when a in (select d from u) then b end as x from t;
-- expect: x = transform t.a, transform t.b, transform u.d

select case when exists (select 1 from u where u.a = t.a) then 'y' else 'n' end as x from t;
-- expect: x = transform t.a, transform u.a

select greatest(a, b) as x, least(a, c) as y from t;
-- expect: x = transform t.a, transform t.b; y = transform t.a, transform t.c
