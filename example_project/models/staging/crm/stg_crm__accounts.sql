-- Every version of every account: the connector appends a row whenever the CRM's copy changes.
with landed as (

    select * from {{ source('crm', 'account') }}

),

versions as (

    select
        sfid as account_sfid,
        name as account_name,
        type as account_type,
        lower(regexp_extract(website, '^https?://([^/]+)', 1)) as domain,
        industry,
        billing_country_code as country_code,
        cast(number_of_employees as integer) as employees,
        server_id,
        {{ hash_pii('owner_name') }} as owner_hash,
        cast(created_date as timestamp) as created_at,
        cast(is_deleted as boolean) as is_deleted,
        cast(systemmodstamp as timestamp) as modified_at
    from landed
    where {{ known_by_now('cast(systemmodstamp as timestamp)') }}

)

select
    {{ dbt.hash("account_sfid || '/' || cast(modified_at as varchar)") }} as account_version_key,
    *,
    modified_at as valid_from,
    lead(modified_at) over (partition by account_sfid order by modified_at) as valid_to,
    valid_to is null as is_current
from versions
