select
    sfid as opportunity_line_sfid,
    opportunity_id as opportunity_sfid,
    product_code,
    product_code = 'premium-support' as is_service,
    cast(quantity as integer) as quantity,
    cast(unit_price as decimal(14, 2)) as unit_price,
    cast(total_price as decimal(14, 2)) as total_price,
    cast(start_date as date) as starts_on,
    cast(end_date as date) as ends_on,
    cast(systemmodstamp as timestamp) as modified_at
from {{ source('crm', 'opportunity_line') }}
where {{ known_by_now('cast(systemmodstamp as timestamp)') }}
