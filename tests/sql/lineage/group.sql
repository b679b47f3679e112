select a, sum(b) as s from t group by a;
-- expect: a = copy t.a; s = aggregate t.b; by group t.a

select a, sum(b) as s from t group by 1;
-- expect: a = copy t.a; s = aggregate t.b; by group t.a

select upper(a) as x, sum(b) as s from t group by x;
-- expect: x = transform t.a; s = aggregate t.b; by group t.a

select a, c, sum(b) as s from t group by all;
-- expect: a = copy t.a; c = copy t.c; s = aggregate t.b; by group t.a, group t.c

select a + c as k, sum(b) as s, count(*) as n from t group by all;
-- expect: k = transform t.a, transform t.c; s = aggregate t.b; n = nothing; by group t.a, group t.c

select a, sum(b) as s from t group by all order by all;
-- expect: a = copy t.a; s = aggregate t.b; by group t.a, order t.a, order t.b

select sum(b) as s from t group by a;
-- expect: s = aggregate t.b; by group t.a

select sum(b) as s from t group by a, upper(c);
-- expect: s = aggregate t.b; by group t.a, group t.c

select a, sum(b) as s from t group by a having sum(b) > 10;
-- expect: a = copy t.a; s = aggregate t.b; by filter t.b, group t.a

select a, sum(b) as s from t group by a having s > 10 and count(c) > 1;
-- expect: a = copy t.a; s = aggregate t.b; by filter t.b, filter t.c, group t.a

select a, c, sum(b) as s from t group by rollup (a, c);
-- expect: a = copy t.a; c = copy t.c; s = aggregate t.b; by group t.a, group t.c

select a, c, sum(b) as s from t group by cube (a, c);
-- expect: a = copy t.a; c = copy t.c; s = aggregate t.b; by group t.a, group t.c

select a, c, sum(b) as s from t group by grouping sets ((a, c), (a), ());
-- expect: a = copy t.a; c = copy t.c; s = aggregate t.b; by group t.a, group t.c

select a, grouping(a) as g, sum(b) as s from t group by rollup (a);
-- expect: a = copy t.a; g = nothing | group t.a; s = aggregate t.b; by group t.a

select a, sum(b) as s from t where c = 1 group by a order by s desc;
-- expect: a = copy t.a; s = aggregate t.b; by filter t.c, group t.a, order t.b

select date_trunc('month', ordered_at) as month, status, sum(amount) as amount from orders group by 1, 2;
-- expect: month = transform orders.ordered_at; status = copy orders.status; amount = aggregate orders.amount; by group orders.ordered_at, group orders.status

select c.country, count(distinct o.customer_id) as buyers from orders o join customers c on c.id = o.customer_id group by c.country having count(*) > 5;
-- expect: country = copy customers.country; buyers = aggregate orders.customer_id; by join orders.customer_id, join customers.id, group customers.country

select case when a > 0 then 'p' else 'n' end as sign, sum(b) as s from t group by case when a > 0 then 'p' else 'n' end;
-- expect: sign = transform t.a; s = aggregate t.b; by group t.a

select distinct a, b from t where c = 1;
-- expect: a = copy t.a; b = copy t.b; by filter t.c, group t.a, group t.b

select a from t group by (a, b);
-- expect: a = copy t.a; by group t.a, group t.b
