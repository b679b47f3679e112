select a as x, x + 1 as y from t;
-- expect: x = rename t.a; y = transform t.a

select a + b as s, s * 2 as d, d - 1 as e from t;
-- expect: s = transform t.a, transform t.b; d = transform t.a, transform t.b; e = transform t.a, transform t.b

-- a column of the table comes before an alias of the same name
select b as a, a + 1 as x from t;
-- expect: a = rename t.b; x = transform t.a

select upper(a) as a, length(a) as n from t;
-- expect: a = transform t.a; n = transform t.a

select a as x from t where x > 1;
-- expect: x = rename t.a; by filter t.a

select a as x from t group by x;
-- expect: x = rename t.a; by group t.a

select a as x, sum(b) as s from t group by x having s > 1;
-- expect: x = rename t.a; s = aggregate t.b; by filter t.b, group t.a

select a as x, count(*) as n from t group by all order by x;
-- expect: x = rename t.a; n = nothing; by group t.a, order t.a

-- in order by, the alias comes before the column
select b as a from t order by a;
-- expect: a = rename t.b; by order t.b

select b as a from t order by a + 1;
-- expect: a = rename t.b; by order t.a

select sum(a) as s, s / count(*) as m from t;
-- expect: s = aggregate t.a; m = aggregate t.a

select a::date as d, date_trunc('week', d) as w, extract(dow from w) as n from t;
-- expect: d = cast t.a; w = transform t.a; n = transform t.a

select x from (select a as x, x as y from t);
-- expect: x = rename t.a

select y from (select a as x, x as y from t);
-- expect: y = rename t.a

select row_number() over (partition by x) as n, a as x from t;
-- expect: n = nothing; x = rename t.a

select a as x, row_number() over (partition by x) as n from t;
-- expect: x = rename t.a; n = nothing | window t.a
