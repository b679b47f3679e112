-- Every version of every account (type 2): join on the key and a date, or take is_current.
select
    accounts.account_version_key,
    accounts.account_sfid,
    accounts.account_name,
    accounts.account_type,
    accounts.domain,
    accounts.industry,
    accounts.country_code,
    countries.country_name,
    countries.region,
    accounts.employees,
    case
        when accounts.employees < 100 then 'small'
        when accounts.employees < 1000 then 'medium'
        else 'large'
    end as segment,
    accounts.owner_hash,
    accounts.server_id,
    accounts.created_at,
    accounts.valid_from,
    accounts.valid_to,
    accounts.is_current
from {{ ref('stg_crm__accounts') }} as accounts
left join {{ ref('country_codes') }} as countries using (country_code)
where not accounts.is_deleted
