select t.a, u.d from t join u on t.a = u.a;
-- expect: a = copy t.a; d = copy u.d; by join t.a, join u.a

select b, d from t join u on t.a = u.a;
-- expect: b = copy t.b; d = copy u.d; by join t.a, join u.a

select b, d from t left join u on t.a = u.a and u.e = 1;
-- expect: b = copy t.b; d = copy u.d; by join t.a, join u.a, join u.e

select b, d from t right join u on t.a = u.a;
-- expect: b = copy t.b; d = copy u.d; by join t.a, join u.a

select b, d from t full outer join u on t.a = u.a;
-- expect: b = copy t.b; d = copy u.d; by join t.a, join u.a

select b, d from t cross join u;
-- expect: b = copy t.b; d = copy u.d

select b, d from t, u where t.a = u.a;
-- expect: b = copy t.b; d = copy u.d; by filter t.a, filter u.a

select a, b, d from t join u using (a);
-- expect: a = copy t.a; b = copy t.b; d = copy u.d; by join t.a, join u.a

select a from t left join u using (a);
-- expect: a = copy t.a; by join t.a, join u.a

select a from t right join u using (a);
-- expect: a = copy u.a; by join t.a, join u.a

select a from t full join u using (a);
-- expect: a = transform t.a, transform u.a; by join t.a, join u.a

select t.a as x, u.a as y from t full join u using (a);
-- expect: x = rename t.a; y = rename u.a; by join t.a, join u.a

select * from t join u using (a);
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; d = copy u.d; e = copy u.e; by join t.a, join u.a

select * from t full join u using (a);
-- expect: a = transform t.a, transform u.a; b = copy t.b; c = copy t.c; d = copy u.d; e = copy u.e; by join t.a, join u.a

select u.* from t join u using (a);
-- expect: a = copy u.a; d = copy u.d; e = copy u.e; by join t.a, join u.a

select a, d from t natural join u;
-- expect: a = copy t.a; d = copy u.d; by join t.a, join u.a

select * from t natural join u;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; d = copy u.d; e = copy u.e; by join t.a, join u.a

-- nothing in common
select * from u natural join v;
-- expect: a = copy u.a; d = copy u.d; e = copy u.e; k = copy v.k; x = copy v.x; y = copy v.y

select a, d, k from t join u using (a) join v on v.k = u.d;
-- expect: a = copy t.a; d = copy u.d; k = copy v.k; by join t.a, join u.a, join u.d, join v.k

select a from t join u using (a) join (select a from t) w using (a);
-- expect: a = copy t.a; by join t.a, join u.a

select * from t join u on t.a = u.a;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; a = copy u.a; d = copy u.d; e = copy u.e; by join t.a, join u.a

select a from t semi join u using (a);
-- expect: a = copy t.a; by join t.a, join u.a

select * from t semi join u on t.a = u.a;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; by join t.a, join u.a

select * from t anti join u on t.a = u.a and u.e = 2;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; by join t.a, join u.a, join u.e

select t.a, u.d from t asof join u on t.a = u.a and t.b >= u.e;
-- expect: a = copy t.a; d = copy u.d; by join t.a, join t.b, join u.a, join u.e

select b, d from t asof left join u using (a);
-- expect: b = copy t.b; d = copy u.d; by join t.a, join u.a

select b, d from t positional join u;
-- expect: b = copy t.b; d = copy u.d

select x.a, y.a as b from t x join t y on x.b = y.c;
-- expect: a = copy t.a; b = rename t.a; by join t.b, join t.c

select x.a, y.d from (t x join u y on x.a = y.a);
-- expect: a = copy t.a; d = copy u.d; by join t.a, join u.a

select t.b, u.d, v.x from t left join (u join v on u.d = v.k) on t.a = u.a;
-- expect: b = copy t.b; d = copy u.d; x = copy v.x; by join t.a, join u.a, join u.d, join v.k

select b, q.d from t join (select a, d from u where e > 0) q on q.a = t.a;
-- expect: b = copy t.b; d = copy u.d; by filter u.e, join t.a, join u.a

select b from t join u on t.a = u.a + 1 where u.d is null;
-- expect: b = copy t.b; by filter u.d, join t.a, join u.a

select o.id, c.name, coalesce(p.amount, o.amount) as amount from orders o left join customers c on c.id = o.customer_id left join payments p on p.order_id = o.id;
-- expect: id = copy orders.id; name = copy customers.name; amount = transform orders.amount, transform payments.amount; by join orders.id, join orders.customer_id, join customers.id, join payments.order_id

select * from t join u on true join v on true where v.y = 1;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; a = copy u.a; d = copy u.d; e = copy u.e; k = copy v.k; x = copy v.x; y = copy v.y; by filter v.y

select v.*, t.b from t, u, v;
-- expect: k = copy v.k; x = copy v.x; y = copy v.y; b = copy t.b

select a from t join u using (a) where a > 1;
-- expect: a = copy t.a; by filter t.a, join t.a, join u.a

-- on may use any relation before it
select t.b from t join u on true join v on v.k = t.a and v.x = u.d;
-- expect: b = copy t.b; by join t.a, join u.d, join v.k, join v.x
