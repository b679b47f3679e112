select
    sfid as opportunity_sfid,
    account_id as account_sfid,
    type as opportunity_type,
    stage_name,
    stage_name like 'Closed%' as is_closed,
    stage_name = 'Closed Won' as is_won,
    cast(amount as decimal(14, 2)) as amount,
    cast(close_date as date) as close_date,
    lead_source,
    cast(created_date as timestamp) as created_at,
    cast(systemmodstamp as timestamp) as modified_at
from {{ source('crm', 'opportunity') }}
where
    not cast(is_deleted as boolean)
    and {{ known_by_now('cast(systemmodstamp as timestamp)') }}
