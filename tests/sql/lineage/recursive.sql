with recursive r as (select a from t union all select a + 1 from r where a < 10) select a from r;
-- expect: a = transform t.a; by filter t.a

with recursive r(n) as (select 1 union all select n + 1 from r where n < 10) select n from r;
-- expect: n = nothing

with recursive r(n) as (select a from t union all select r.n from r join u on u.a = r.n) select n from r;
-- expect: n = rename t.a; by join t.a, join u.a

with recursive tree as (select k, x as parent, y as path from v union all select v.k, v.x, tree.path || v.y from v join tree on v.x = tree.k) select k, path from tree;
-- expect: k = copy v.k; path = transform v.y; by join v.k, join v.x

-- what one column takes from another comes a round later
with recursive r(p, q) as (select a, b from t union all select q, d from r, u) select p, q from r;
-- expect: p = rename t.a, rename t.b, rename u.d; q = rename t.b, rename u.d

with recursive r(p, q, s) as (select a, b, c from t union all select q, s, d from r, u) select p from r;
-- expect: p = rename t.a, rename t.b, rename t.c, rename u.d

-- recursive is said, and not used
with recursive q as (select a from t), r as (select a from q) select a from r;
-- expect: a = copy t.a

with recursive r as (select a from t union select d from u join r on r.a = u.a) select a from r;
-- expect: a = copy t.a, rename u.d; by join t.a, join u.a, join u.d

with recursive days(d) as (select date '2020-01-01' union all select d + 1 from days where d < date '2020-02-01') select days.d, t.a from days left join t on t.b = days.d;
-- expect: d = nothing; a = copy t.a; by join t.b
