-- Visits of each visitor: a page that no other precedes by up to half an hour begins one.
-- = landed
select
    device,
    count(*) filter (not has_before),
    count(*),
    count(*) filter (not has_before and not has_after)
from (
    select
        device,
        exists (
            from page as other where other.device = page.device and other.moment >= page.moment - interval 30 minute
                and (other.moment, other.id) < (page.moment, page.id)
        ) as has_before,
        exists (
            from page as other where other.device = page.device and other.moment <= page.moment + interval 30 minute
                and (other.moment, other.id) > (page.moment, page.id)
        ) as has_after
    from page
)
group by device
-- = built
select anonymous_id, count(*), sum(page_views), count(*) filter (is_bounce)
from intermediate.int_page_sessions
group by anonymous_id
