-- dialect: spark
select user_id, tag from events lateral view explode(tags) x as tag;
-- expect: user_id = copy events.user_id; tag = transform events.tags

select x.tag from events lateral view outer explode(tags) x as tag;
-- expect: tag = transform events.tags

select explode(tags) as tag from events;
-- expect: tag = transform events.tags

select props.page as p, props['page'] as q from events;
-- expect: p = transform events.props; q = transform events.props

select `a` as `x y` from `t`;
-- expect: x y = rename t.a

select collect_list(a) as l, collect_set(b) as s, first(c) as f from t;
-- expect: l = aggregate t.a; s = aggregate t.b; f = aggregate t.c

select a from t left semi join u on t.a = u.a;
-- expect: a = copy t.a; by join t.a, join u.a

select a from t left anti join u on t.a = u.a;
-- expect: a = copy t.a; by join t.a, join u.a

select transform(tags, x -> concat(x, user_id)) as l from events;
-- expect: l = transform events.user_id, transform events.tags

select a as x, x + 1 as y from t;
-- expect: x = rename t.a; y = transform t.a

select * except (a) from t;
-- expect: b = copy t.b; c = copy t.c

select cast(a as string) as x, a::int as y from t;
-- expect: x = cast t.a; y = cast t.a

select named_struct('a', a, 'b', b) as s from t;
-- expect: s = transform t.a, transform t.b

select a, sum(b) as s from t group by a with rollup;
-- expect: a = copy t.a; s = aggregate t.b; by group t.a

select * from values (1, 'a') as v(id, name);
-- expect: id = nothing; name = nothing

from t |> where b = 1 |> select a, c |> extend a + c as s |> drop c;
-- expect: a = copy t.a; s = transform t.a, transform t.c; by filter t.b

from t |> aggregate sum(b) as s group by a |> order by s desc;
-- expect: a = copy t.a; s = aggregate t.b; by group t.a, order t.b
