-- dialect: bigquery
select `a` from `t`;
-- expect: a = copy t.a

select * except (a) from t;
-- expect: b = copy t.b; c = copy t.c

select * replace (a + 1 as a) from t;
-- expect: a = transform t.a; b = copy t.b; c = copy t.c

select user_id, tag from events, unnest(tags) as tag;
-- expect: user_id = copy events.user_id; tag = transform events.tags

select user_id, tag.name as name from events, unnest(tags) as tag;
-- expect: user_id = copy events.user_id; name = transform events.tags

select user_id, tag, at from events, unnest(tags) as tag with offset as at;
-- expect: user_id = copy events.user_id; tag = transform events.tags; at = nothing

select struct(a as x, b as y) as s, [a, c] as l from t;
-- expect: s = transform t.a, transform t.b; l = transform t.a, transform t.c

select safe_cast(a as int64) as x, cast(b as string) as y from t;
-- expect: x = cast t.a; y = cast t.b

select props.page as p, tags[offset(0)] as f from events;
-- expect: p = transform events.props; f = transform events.tags

select a, sum(b) as s from t group by a qualify row_number() over (order by s) = 1;
-- expect: a = copy t.a; s = aggregate t.b; by group t.a, window t.b

select array_agg(a order by b limit 1) as l, countif(c > 1) as n from t;
-- expect: l = aggregate t.a | order t.b; n = aggregate t.c

select (select max(d) from u where u.a = t.a) as m from t;
-- expect: m = aggregate u.d | filter t.a, filter u.a

select array(select x from unnest(tags) as x) as l from events;
-- expect: l = transform events.tags

select a from t union distinct select d from u;
-- expect: a = copy t.a, rename u.d

select a + 1, b from t;
-- expect: f0_ = transform t.a; b = copy t.b

from t |> where b = 1 |> aggregate sum(c) as s group by a;
-- expect: a = copy t.a; s = aggregate t.c; by filter t.b, group t.a

select any_value(a having max b) as x from t;
-- expect: x = aggregate t.a | order t.b
