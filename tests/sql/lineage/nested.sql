select props.page as page from events;
-- expect: page = transform events.props

select props.page.url from events;
-- expect: url = transform events.props

select events.props.page from events;
-- expect: page = transform events.props

select e.props.page from events e;
-- expect: page = transform events.props

select props['page'] as page from events;
-- expect: page = transform events.props

select tags[1] as first, tags[1:2] as some, tags[-1] as last from events;
-- expect: first = transform events.tags; some = transform events.tags; last = transform events.tags

select tags[a] as x from events, t;
-- expect: x = transform events.tags, transform t.a

select (props).page as page from events;
-- expect: page = transform events.props

select struct_extract(props, 'page') as page from events;
-- expect: page = transform events.props

select {'a': a, 'b': b + 1} as s from t;
-- expect: s = transform t.a, transform t.b

select s.a as x from (select {'a': a, 'b': b} as s from t);
-- expect: x = transform t.a, transform t.b

select struct_pack(x := a, y := b) as s, row(a, c) as r from t;
-- expect: s = transform t.a, transform t.b; r = transform t.a, transform t.c

select map {'k': a} as m, map([b], [c]) as n from t;
-- expect: m = transform t.a; n = transform t.b, transform t.c

select map {a: b}[c] as x from t;
-- expect: x = transform t.a, transform t.b, transform t.c

select [a, b] as l, [] as e from t;
-- expect: l = transform t.a, transform t.b; e = nothing

select list_transform(tags, x -> upper(x)) as l from events;
-- expect: l = transform events.tags

select list_transform(tags, lambda x: x || user_id) as l from events;
-- expect: l = transform events.user_id, transform events.tags

select list_filter(tags, x -> x <> event) as l from events;
-- expect: l = transform events.event, transform events.tags

select list_reduce(tags, (x, y) -> x || y) as l from events;
-- expect: l = transform events.tags

-- the parameter hides the column of the same name
select list_transform(tags, a -> a + 1) as l from events, t;
-- expect: l = transform events.tags

select [x || '!' for x in tags] as l from events;
-- expect: l = transform events.tags

select [x for x in tags if x <> event] as l from events;
-- expect: l = transform events.event, transform events.tags

select [[y for y in x] for x in tags] as l from events;
-- expect: l = transform events.tags

select list_filter(tags, x -> len(x) > 1)[1] as f from events;
-- expect: f = transform events.tags

select props->'page' as p, props->>'$.url' as u from events;
-- expect: p = transform events.props; u = transform events.props

select json_extract_string(props, '$.page') as p from events;
-- expect: p = transform events.props

select event.upper() as e, tags.list_transform(x -> x || user_id) as l from events;
-- expect: e = transform events.event; l = transform events.user_id, transform events.tags

select unnest(tags) as tag, user_id from events;
-- expect: tag = transform events.tags; user_id = copy events.user_id

select props.* from events;
-- expect: * = transform events.props

select s.x from (select struct_pack(x := a) as s from t);
-- expect: x = transform t.a

select list_sort(list_distinct(tags)) as l, len(tags) as n, tags[1] = event as same from events;
-- expect: l = transform events.tags; n = transform events.tags; same = transform events.event, transform events.tags

select (a, b) as pair from t;
-- expect: pair = transform t.a, transform t.b
