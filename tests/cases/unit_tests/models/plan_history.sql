select name as plan, dbt_valid_to is null as is_current from {{ ref('plans') }}
