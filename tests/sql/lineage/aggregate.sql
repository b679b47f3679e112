select sum(a) as s from t;
-- expect: s = aggregate t.a

select min(a) as lo, max(a) as hi, avg(b) as m from t;
-- expect: lo = aggregate t.a; hi = aggregate t.a; m = aggregate t.b

select count(*) as n, count(a) as na, count(distinct b) as nb from t;
-- expect: n = nothing; na = aggregate t.a; nb = aggregate t.b

select sum(a) / count(b) as r from t;
-- expect: r = aggregate t.a, aggregate t.b

select sum(a * b) as s from t;
-- expect: s = aggregate t.a, aggregate t.b

select sum(a) + b as s from t group by b;
-- expect: s = aggregate t.a, transform t.b; by group t.b

select sum(a) filter (where b > 0) as s from t;
-- expect: s = aggregate t.a | filter t.b

select count(*) filter (where b > 0 and c = 1) as n from t;
-- expect: n = nothing | filter t.b, filter t.c

select string_agg(a, ',' order by b) as l from t;
-- expect: l = aggregate t.a | order t.b

select array_agg(a order by b desc, c) as l from t;
-- expect: l = aggregate t.a | order t.b, order t.c

select list(distinct a) as l from t;
-- expect: l = aggregate t.a

select arg_max(a, b) as x, max_by(a, c) as y from t;
-- expect: x = aggregate t.a, aggregate t.b; y = aggregate t.a, aggregate t.c

select any_value(a) as x, first(b) as y, last(c) as z from t;
-- expect: x = aggregate t.a; y = aggregate t.b; z = aggregate t.c

select percentile_cont(0.5) within group (order by a) as p from t;
-- expect: p = aggregate t.a

select mode() within group (order by a) as m from t;
-- expect: m = aggregate t.a

select quantile_cont(a, 0.5) as q, median(b) as m from t;
-- expect: q = aggregate t.a; m = aggregate t.b

select bool_or(a > 1) as x, count_if(b = 2) as y from t;
-- expect: x = aggregate t.a; y = aggregate t.b

select round(avg(a), 2) as m from t;
-- expect: m = aggregate t.a

select upper(max(a)) as m from t;
-- expect: m = aggregate t.a

select sum(s) as total from (select sum(a) as s from t group by b);
-- expect: total = aggregate t.a; by group t.b

select s + 1 as x from (select sum(a) as s from t);
-- expect: x = aggregate t.a

select histogram(a) as h, approx_count_distinct(b) as n, stddev(c) as sd from t;
-- expect: h = aggregate t.a; n = aggregate t.b; sd = aggregate t.c

select corr(a, b) as r, covar_pop(a, c) as v from t;
-- expect: r = aggregate t.a, aggregate t.b; v = aggregate t.a, aggregate t.c

select sum(distinct a) as s from t;
-- expect: s = aggregate t.a

select max(a) from t;
-- expect: max(a) = aggregate t.a

select count(*) from t;
-- expect: count_star() = nothing

select json_group_array(a) as j, json_group_object(b, c) as o from t;
-- expect: j = aggregate t.a; o = aggregate t.b, aggregate t.c

select sum(a) filter (b > 0) as s, count(*) filter (c) as n from t;
-- expect: s = aggregate t.a | filter t.b; n = nothing | filter t.c
