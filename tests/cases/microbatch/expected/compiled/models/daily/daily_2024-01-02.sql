
-- begins 01/01/2024, everything is in "shop"."main"."raw_events"
select id, value, happened_at, '20240102' as batch, True as added,
    '2024-01-02 00:00:00+00:00' as batch_start,
    '2024-01-03 00:00:00+00:00' as batch_end
from (select * from "shop"."main"."raw_events" where happened_at >= '2024-01-02 00:00:00+00:00' and happened_at < '2024-01-03 00:00:00+00:00')