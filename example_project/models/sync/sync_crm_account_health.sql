-- What the reverse-ETL job writes back to the CRM for each account that has the product, keyed without naming anyone.
select
    {{ hash_pii('account_sfid') }} as account_key,
    health_band,
    cast(round(health_score) as integer) as health_score,
    monthly_active_users,
    seats,
    cast(arr as decimal(14, 2)) as arr,
    open_tickets,
    next_renewal_date,
    {{ as_of() }} as as_of_date
from {{ ref('customer_360') }}
where health_score is not null
