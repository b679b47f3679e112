select cast(a as integer) as a from t;
-- expect: a = cast t.a

select a::varchar as x from t;
-- expect: x = cast t.a

select try_cast(a as date) as x from t;
-- expect: x = cast t.a

select a::int::varchar as x from t;
-- expect: x = cast t.a

select (a + b)::int as x from t;
-- expect: x = transform t.a, transform t.b

select a::int + 1 as x from t;
-- expect: x = transform t.a

select cast(sum(a) as integer) as x from t;
-- expect: x = aggregate t.a

select sum(a::int) as x from t;
-- expect: x = aggregate t.a

select cast(a as decimal(10, 2)) as x, cast(b as timestamp with time zone) as y from t;
-- expect: x = cast t.a; y = cast t.b

select x from (select a::int as x from t);
-- expect: x = cast t.a

select x::text as y from (select a as x from t);
-- expect: y = cast t.a

select date '2020-01-01' as d, '1'::int as i from t;
-- expect: d = nothing; i = nothing

select a::struct(x int, y varchar) as s from t;
-- expect: s = cast t.a

select cast(a as int[]) as l from t;
-- expect: l = cast t.a
