
select id, happened_at, '20241231T23' as batch from (select * from "shop"."main"."raw_events" where "happened_at" >= '2024-12-31 23:00:00+00:00' and "happened_at" < '2025-01-01 00:00:00+00:00')