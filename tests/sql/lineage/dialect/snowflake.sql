-- dialect: snowflake
select props:page:url::varchar as url from events;
-- expect: url = transform events.props

select e.props:page.url as url from events e;
-- expect: url = transform events.props

select props['page'] as p, get_path(props, 'a.b') as q from events;
-- expect: p = transform events.props; q = transform events.props

select f.value as tag, f.index as i from events e, lateral flatten(input => e.tags) f;
-- expect: tag = transform events.tags; i = nothing

select f.value:name::string as name from events, lateral flatten(input => events.tags) f;
-- expect: name = transform events.tags

select a, row_number() over (partition by b order by c) as n from t qualify n = 1;
-- expect: a = copy t.a; n = nothing | window t.b, window t.c; by window t.b, window t.c

select a as x, x + 1 as y from t;
-- expect: x = rename t.a; y = transform t.a

select * exclude (a) from t;
-- expect: b = copy t.b; c = copy t.c

select * exclude a rename (b as y) from t;
-- expect: y = rename t.b; c = copy t.c

select * ilike '%id' from orders;
-- expect: id = copy orders.id; customer_id = copy orders.customer_id

select iff(a > 1, b, c) as x, nvl(a, b) as y, zeroifnull(c) as z from t;
-- expect: x = transform t.a, transform t.b, transform t.c; y = transform t.a, transform t.b; z = transform t.c

select listagg(a, ',') within group (order by b) as l from t;
-- expect: l = aggregate t.a | order t.b

select * from t pivot (sum(c) for b in ('x', 'y')) as p;
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; y = aggregate t.c | filter t.b; by group t.a

select * from v unpivot (value for name in (x, y));
-- expect: k = copy v.k; name = nothing; value = rename v.x, rename v.y

select t.a, u.d from t asof join u match_condition (t.b >= u.e) on t.a = u.a;
-- expect: a = copy t.a; d = copy u.d; by join t.a, join t.b, join u.a, join u.e

select object_construct('a', a, 'b', b) as o, array_agg(c) as l from t;
-- expect: o = transform t.a, transform t.b; l = aggregate t.c

select try_to_number(a) as n, to_date(b) as d from t;
-- expect: n = transform t.a; d = transform t.b

select a from t sample (10);
-- expect: a = copy t.a

select max_by(a, b) as x from t group by all;
-- expect: x = aggregate t.a, aggregate t.b
