-- Half an hour of silence ends a visit; one that lasts a day is a robot or a bug of ours.
select session_id, started_at, ended_at
from {{ ref('int_page_sessions') }}
where ended_at - started_at > interval 24 hour
