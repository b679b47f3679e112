create table n as select a, b as x from t;
-- expect: a = copy t.a; x = rename t.b

create or replace table n as (select a from t where b = 1);
-- expect: a = copy t.a; by filter t.b

create temporary table n as with q as (select a from t) select * from q;
-- expect: a = copy t.a

create view n as select a from t;
-- expect: a = copy t.a

create or replace view n (x, y) as select a, b from t;
-- expect: x = rename t.a; y = rename t.b

insert into n select a, b from t;
-- expect: a = copy t.a; b = copy t.b

insert into n (x, y) select a, b from t;
-- expect: x = rename t.a; y = rename t.b

insert into n (x) select sum(a) from t;
-- expect: x = aggregate t.a

insert into n by name select a, b as x from t;
-- expect: a = copy t.a; x = rename t.b

with q as (select a from t) select a from q;
-- expect: a = copy t.a

-- comment first
/* and
another */ select a from t;
-- expect: a = copy t.a

create table n as from t;
-- expect: a = copy t.a; b = copy t.b; c = copy t.c

create table n as pivot t on b in ('x') using sum(c);
-- expect: a = copy t.a; x = aggregate t.c | filter t.b; by group t.a
