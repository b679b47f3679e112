select a from t where ();
-- expect: unread t

selct a from t;
-- expect: unread t

select from from t join u on;
-- expect: unread t, u

with q as (select a from t) select a, from q join db.main.u on ((;
-- expect: unread t, db.main.u

update t set a = 1;
-- expect: unread

select extract(year from a) frm from t join;
-- expect: unread t
