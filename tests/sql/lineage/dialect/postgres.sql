-- dialect: postgres
select a::int, count(*), sum(b) from t group by 1;
-- expect: a = cast t.a; count = nothing; sum = aggregate t.b; by group t.a

select a + 1 from t;
-- expect: ?column? = transform t.a

select case when a > 1 then b end from t;
-- expect: case = transform t.a, transform t.b

-- an alias is not in sight of the items after it
select b as a, a as x from t;
-- expect: a = rename t.b; x = rename t.a

select distinct on (a) a, b from t order by a, c desc;
-- expect: a = copy t.a; b = copy t.b; by group t.a, order t.a, order t.c

select props->>'page' as p, props #>> '{a,b}' as q, props @> '{}' as r from events;
-- expect: p = transform events.props; q = transform events.props; r = transform events.props

select e.user_id, tag from events e cross join unnest(e.tags) as tag;
-- expect: user_id = copy events.user_id; tag = transform events.tags

select e.user_id, x.tag from events e, lateral unnest(e.tags) as x(tag);
-- expect: user_id = copy events.user_id; tag = transform events.tags

select t.a, l.m from t left join lateral (select max(d) as m from u where u.a = t.a) l on true;
-- expect: a = copy t.a; m = aggregate u.d; by filter t.a, filter u.a

select column1, column2 from (values (1, 'a')) v;
-- expect: column1 = nothing; column2 = nothing

select * from t join u using (a);
-- expect: a = copy t.a; b = copy t.b; c = copy t.c; d = copy u.d; e = copy u.e; by join t.a, join u.a

-- merged columns come first
select * from (select b, a from t) x join u using (a);
-- expect: a = copy t.a; b = copy t.b; d = copy u.d; e = copy u.e; by join t.a, join u.a

select string_agg(a, ',' order by b) as l, array_agg(distinct c) as m from t;
-- expect: l = aggregate t.a | order t.b; m = aggregate t.c

select percentile_disc(0.5) within group (order by a) as p from t;
-- expect: p = aggregate t.a

select a from t where b ~ '^x' and c !~* 'y';
-- expect: a = copy t.a; by filter t.b, filter t.c

select generate_series from generate_series(1, 3) as generate_series;
-- expect: generate_series = nothing

select (t).a from t;
-- expect: a = transform t.a, transform t.b, transform t.c

select coalesce(a, b) from t;
-- expect: coalesce = transform t.a, transform t.b
