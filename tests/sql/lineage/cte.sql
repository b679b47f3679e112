with q as (select a from t) select a from q;
-- expect: a = copy t.a

with q as (select a as x from t) select x from q;
-- expect: x = rename t.a

with q as (select a as x from t) select x as a from q;
-- expect: a = copy t.a

with q as (select a + 1 as x from t) select x from q;
-- expect: x = transform t.a

with q(x, y) as (select a, b from t) select y, x from q;
-- expect: y = rename t.b; x = rename t.a

with q(x) as (select a, b from t) select x, b from q;
-- expect: x = rename t.a; b = copy t.b

with q as (select * from t) select * from q;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

with q as (select a from t), r as (select a as x from q) select x as y from r;
-- expect: y = rename t.a

with q as (select a from t), r as (select d from u) select q.a, r.d from q, r;
-- expect: a = copy t.a; d = copy u.d

with q as (select a from t where b = 1) select a from q;
-- expect: a = copy t.a; by filter t.b

with q as (select a from t where b = 1) select a from q where a > 2;
-- expect: a = copy t.a; by filter t.a, filter t.b

with q as (select a, sum(b) as s from t group by a) select s from q;
-- expect: s = aggregate t.b; by group t.a

with q as (select a, sum(b) as s from t group by a) select a, s * 2 as d from q where s > 10;
-- expect: a = copy t.a; d = aggregate t.b; by filter t.b, group t.a

with unused as (select d from u), q as (select a from t) select a from q;
-- expect: a = copy t.a

with t as (select d as a from u) select a from t;
-- expect: a = rename u.d

with q as (with r as (select a from t) select a as x from r) select x from q;
-- expect: x = rename t.a

with q as (select a from t) select q1.a, q2.a as b from q q1 join q q2 on q1.a = q2.a;
-- expect: a = copy t.a; b = rename t.a; by join t.a

with q as (select 1 as one) select one from q;
-- expect: one = nothing

with q as (select 1 as one) select one, a from q cross join t;
-- expect: one = nothing; a = copy t.a

with q as materialized (select a from t) select a from q;
-- expect: a = copy t.a

with q as not materialized (select a from t) select a from q;
-- expect: a = copy t.a

with source as (select * from orders), renamed as (select id as order_id, amount / 100.0 as amount, status from source) select * from renamed;
-- expect: order_id = rename orders.id; amount = transform orders.amount; status = copy orders.status

with q as (select a from t) select (select max(a) from q) as m from u;
-- expect: m = aggregate t.a

-- a name inside a subquery hides the one outside
with q as (select a from t) select x from (with q as (select d as x from u) select x from q);
-- expect: x = rename u.d

with q as (select a from t) select x.a from (select * from q) x join (select * from q) y on x.a = y.a;
-- expect: a = copy t.a; by join t.a

with "Q" as (select a from t) select a from q;
-- expect: a = copy t.a

with orders_by_customer as (select customer_id, count(*) as n, max(ordered_at) as last from orders group by 1), named as (select c.name, o.n, o.last from customers c left join orders_by_customer o on o.customer_id = c.id) select * from named;
-- expect: name = copy customers.name; n = nothing; last = aggregate orders.ordered_at; by join customers.id, join orders.customer_id, group orders.customer_id

with a1 as (select a from t), a2 as (select a from a1), a3 as (select a from a2), a4 as (select a from a3) select a from a4;
-- expect: a = copy t.a

-- a qualified name is the table, not the expression
with t as (select d as a from u) select a from main.t;
-- expect: a = copy main.t.a

from (with q as (select a from t) select a from q);
-- expect: a = copy t.a
