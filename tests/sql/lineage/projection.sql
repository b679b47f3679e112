select a from t;
-- expect: a = copy t.a

select a, b, c from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

select a as x from t;
-- expect: x = rename t.a

select a x from t;
-- expect: x = rename t.a

select a as A from t;
-- expect: A = copy t.a

select A, T.B from t;
-- expect: A = copy t.a; B = copy t.b

select "a" from t;
-- expect: a = copy t.a

select a as "Two Words" from t;
-- expect: Two Words = rename t.a

select t.a from t;
-- expect: a = copy t.a

select x.a from t as x;
-- expect: a = copy t.a

select x.a from t x;
-- expect: a = copy t.a

select main.t.a from main.t;
-- expect: a = copy main.t.a

select t.a from main.t;
-- expect: a = copy main.t.a

select db.main.t.a from db.main.t;
-- expect: a = copy db.main.t.a

select a + b as total from t;
-- expect: total = transform t.a, transform t.b

select a + 1 as a from t;
-- expect: a = transform t.a

select a * b + c as x from t;
-- expect: x = transform t.a, transform t.b, transform t.c

select (a) as x from t;
-- expect: x = rename t.a

select ((a)) as a from t;
-- expect: a = copy t.a

select -a as x from t;
-- expect: x = transform t.a

select not a as x from t;
-- expect: x = transform t.a

select a || '-' || b as x from t;
-- expect: x = transform t.a, transform t.b

select 1 as one, 'x' as text, null as nothing, true as yes from t;
-- expect: one = nothing; text = nothing; nothing = nothing; yes = nothing

select 1 as one;
-- expect: one = nothing

select a, a as again from t;
-- expect: a = copy t.a; again = rename t.a

select upper(a) as x from t;
-- expect: x = transform t.a

select coalesce(a, b, 0) as x from t;
-- expect: x = transform t.a, transform t.b

select concat(a, upper(b), lower(trim(c))) as x from t;
-- expect: x = transform t.a, transform t.b, transform t.c

select a = b as same, a is null as missing, a between b and c as inside from t;
-- expect: same = transform t.a, transform t.b; missing = transform t.a; inside = transform t.a, transform t.b, transform t.c

select a like 'x%' as p, b ilike c as q, a similar to 'y' as r from t;
-- expect: p = transform t.a; q = transform t.b, transform t.c; r = transform t.a

select a in (1, 2, b) as x from t;
-- expect: x = transform t.a, transform t.b

select a is distinct from b as x from t;
-- expect: x = transform t.a, transform t.b

select extract(year from a) as y, date_trunc('month', b) as m from t;
-- expect: y = transform t.a; m = transform t.b

select a at time zone 'UTC' as x from t;
-- expect: x = transform t.a

select substring(a from b for c) as x, position(a in b) as p, trim(both a from b) as s from t;
-- expect: x = transform t.a, transform t.b, transform t.c; p = transform t.a, transform t.b; s = transform t.a, transform t.b

select a + interval '1 day' as x from t;
-- expect: x = transform t.a

select current_date as d, now() as n from t;
-- expect: d = nothing; n = nothing

select a from t limit 10 offset 5;
-- expect: a = copy t.a

select a from t order by b desc nulls last;
-- expect: a = copy t.a; by order t.b

select a as x from t order by x;
-- expect: x = rename t.a; by order t.a

select a, b from t order by 2;
-- expect: a = copy t.a; b = copy t.b; by order t.b

select a, b from t order by all;
-- expect: a = copy t.a; b = copy t.b; by order t.a, order t.b

select a from t where b = 1 and c > 2;
-- expect: a = copy t.a; by filter t.b, filter t.c

select a from t where true;
-- expect: a = copy t.a

select distinct a from t;
-- expect: a = copy t.a; by group t.a

select distinct on (a) a, b from t order by a, c;
-- expect: a = copy t.a; b = copy t.b; by group t.a, order t.a, order t.c

select a from t using sample 10%;
-- expect: a = copy t.a

select a from t using sample reservoir(50 rows) repeatable (100);
-- expect: a = copy t.a

select a from t tablesample 10 percent;
-- expect: a = copy t.a

select x: a, y: b + 1 from t;
-- expect: x = rename t.a; y = transform t.b

select a glob 'x*' as p, a ** 2 as q, a // 2 as r, a ^ b as s from t;
-- expect: p = transform t.a; q = transform t.a; r = transform t.a; s = transform t.a, transform t.b

select a, from t;
-- expect: a = copy t.a

-- two statements: the last one gives the columns
select b from t; select a from t;
-- expect: a = copy t.a
