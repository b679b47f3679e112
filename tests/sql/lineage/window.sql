select row_number() over (partition by a order by b) as n from t;
-- expect: n = nothing | window t.a, window t.b

select rank() over (order by b desc) as n, dense_rank() over (order by c) as m from t;
-- expect: n = nothing | window t.b; m = nothing | window t.c

select sum(a) over (partition by b) as s from t;
-- expect: s = aggregate t.a | window t.b

select sum(a) over () as s from t;
-- expect: s = aggregate t.a

select lag(a) over (partition by b order by c) as p from t;
-- expect: p = transform t.a | window t.b, window t.c

select lead(a, 1, b) over (order by c) as p from t;
-- expect: p = transform t.a, transform t.b | window t.c

select first_value(a) over (partition by b order by c) as f, last_value(a) over (order by b) as l from t;
-- expect: f = transform t.a | window t.b, window t.c; l = transform t.a | window t.b

select last_value(a ignore nulls) over (partition by b order by c) as l from t;
-- expect: l = transform t.a | window t.b, window t.c

select lag(a) ignore nulls over (order by b) as l from t;
-- expect: l = transform t.a | window t.b

select avg(a) over (order by b rows between 6 preceding and current row) as m from t;
-- expect: m = aggregate t.a | window t.b

select sum(a) over (order by b range between interval 7 day preceding and current row) as m from t;
-- expect: m = aggregate t.a | window t.b

select sum(a) over w as s from t window w as (partition by b order by c);
-- expect: s = aggregate t.a | window t.b, window t.c

select sum(a) over w as s, row_number() over w as n from t window w as (partition by b);
-- expect: s = aggregate t.a | window t.b; n = nothing | window t.b

select sum(a) over (w order by c) as s from t window w as (partition by b);
-- expect: s = aggregate t.a | window t.b, window t.c

select sum(a) over w2 as s from t window w1 as (partition by b), w2 as (w1 order by c);
-- expect: s = aggregate t.a | window t.b, window t.c

select a from t qualify row_number() over (partition by b order by c desc) = 1;
-- expect: a = copy t.a; by window t.b, window t.c

select a, row_number() over (partition by b order by c) as n from t qualify n = 1;
-- expect: a = copy t.a; n = nothing | window t.b, window t.c; by window t.b, window t.c

select a from (select a, row_number() over (partition by b order by c) as n from t) where n = 1;
-- expect: a = copy t.a; by window t.b, window t.c

select a - lag(a) over (order by b) as d from t;
-- expect: d = transform t.a | window t.b

select sum(sum(a)) over (order by b) as s, b from t group by b;
-- expect: s = aggregate t.a | window t.b; b = copy t.b; by group t.b

select count(*) over (partition by a) as n from t;
-- expect: n = nothing | window t.a

select sum(a) filter (where b > 0) over (partition by c) as s from t;
-- expect: s = aggregate t.a | filter t.b, window t.c

select ntile(4) over (order by a) as q, percent_rank() over (order by b) as p from t;
-- expect: q = nothing | window t.a; p = nothing | window t.b

select coalesce(max(a) over (partition by b), 0) as x from t;
-- expect: x = aggregate t.a | window t.b

select sum(a) over (partition by upper(b) order by c + 1) as s from t;
-- expect: s = aggregate t.a | window t.b, window t.c
