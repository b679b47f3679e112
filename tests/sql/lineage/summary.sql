summarize t;
-- expect: column_name = nothing; column_type = nothing; min = aggregate t.a, aggregate t.b, aggregate t.c; max = aggregate t.a, aggregate t.b, aggregate t.c; approx_unique = aggregate t.a, aggregate t.b, aggregate t.c; avg = aggregate t.a, aggregate t.b, aggregate t.c; std = aggregate t.a, aggregate t.b, aggregate t.c; q25 = aggregate t.a, aggregate t.b, aggregate t.c; q50 = aggregate t.a, aggregate t.b, aggregate t.c; q75 = aggregate t.a, aggregate t.b, aggregate t.c; count = nothing; null_percentage = aggregate t.a, aggregate t.b, aggregate t.c

select column_name, max from (summarize select a, b from t where c > 1);
-- expect: column_name = nothing; max = aggregate t.a, aggregate t.b; by filter t.c

select q50 from (summarize unknown_table) s;
-- expect: q50 = aggregate unknown_table.*

describe t;
-- expect: column_name = nothing; column_type = nothing; null = nothing; key = nothing; default = nothing; extra = nothing

select column_name, column_type from (describe select a, b from t);
-- expect: column_name = nothing; column_type = nothing

with s as (summarize u) select s.min as least from s where s.column_name = 'd';
-- expect: least = aggregate u.a, aggregate u.d, aggregate u.e

-- a word like any other
select summarize, describe from unknown_table;
-- expect: summarize = copy unknown_table.summarize; describe = copy unknown_table.describe
