-- One row for each label of each issue; an issue without labels has one row, whose label is null.
with landed as (

    select * from {{ source('tracker', 'issues') }}
    where {{ known_by_now('_sdc_batched_at') }}

)

select
    landed.key as issue_key,
    labels.label,
    landed.issue_type,
    landed.status,
    landed.priority,
    landed.fix_version,
    landed.created_at,
    landed.resolved_at,
    landed._sdc_batched_at as loaded_at
from landed
left join lateral (select unnest(landed.labels) as label) as labels on true
