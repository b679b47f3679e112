select * from t pivot (sum(c) for b in ('x', 'y'));
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; y = aggregate t.c | filter t.b; by group t.a

select a, x from t pivot (sum(c) for b in ('x', 'y'));
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; by group t.a

select * from t pivot (sum(c) as total for b in ('x' as first, 'y' as second));
-- expect: a = copy t.a; first_total = aggregate t.c | filter t.b; second_total = aggregate t.c | filter t.b; by group t.a

select * from t pivot (sum(c) as s, max(c) as m for b in ('x'));
-- expect: a = copy t.a; x_s = aggregate t.c | filter t.b; x_m = aggregate t.c | filter t.b; by group t.a

select p.a, p.x from (select a, b, c from t) pivot (max(c) for b in ('x')) p;
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; by group t.a

pivot t on b in ('x', 'y') using sum(c);
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; y = aggregate t.c | filter t.b; by group t.a

pivot t on b in ('x', 'y') using sum(c) group by a;
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; y = aggregate t.c | filter t.b; by group t.a

-- what is in the rows names the columns
pivot t on b using sum(c);
-- expect: a = copy t.a; * = aggregate t.c | filter t.b; by group t.a

pivot t on b using sum(c) group by a;
-- expect: a = copy t.a; * = aggregate t.c | filter t.b; by group t.a

select some_name from (pivot t on b using sum(c) group by a);
-- expect: some_name = aggregate t.c | filter t.b; by group t.a

with p as (pivot t on b using sum(c) group by a) select a, jan from p;
-- expect: a = copy t.a; jan = aggregate t.c | filter t.b; by group t.a

with q as (select a, b, c from t) pivot q on b in ('x') using max(c);
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; by group t.a

select * from v unpivot (value for name in (x, y));
-- expect: k = copy v.k; name = nothing; value = rename v.x, rename v.y

select k, value from v unpivot (value for name in (x, y));
-- expect: k = copy v.k; value = rename v.x, rename v.y

select * from v unpivot include nulls (value for name in (x as 'ex', y));
-- expect: k = copy v.k; name = nothing; value = rename v.x, rename v.y

unpivot v on x, y into name n value w;
-- expect: k = copy v.k; n = nothing; w = rename v.x, rename v.y

unpivot v on x, y;
-- expect: k = copy v.k; name = nothing; value = rename v.x, rename v.y

unpivot v on columns(* exclude (k)) into name n value w;
-- expect: k = copy v.k; n = nothing; w = rename v.x, rename v.y

from (unpivot v on x, y into name n value w) select n, w;
-- expect: n = nothing; w = rename v.x, rename v.y

select sum(value) as s from v unpivot (value for name in (x, y)) group by name;
-- expect: s = aggregate v.x, aggregate v.y

select * from t pivot (sum(c) for b in ('x', 'y') group by a);
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; y = aggregate t.c | filter t.b; by group t.a

select * from orders pivot (sum(amount) as total for status in ('paid') group by customer_id, id) p;
-- expect: customer_id = copy orders.customer_id; id = copy orders.id; paid_total = aggregate orders.amount | filter orders.status; by group orders.customer_id, group orders.id

select p.paid from (select * from orders) pivot (max(amount) for status in ('paid', 'open') group by country) as p;
-- expect: paid = aggregate orders.amount | filter orders.status
