with renamed as (
    select
        id as customer_id,
        lower(email) as email,
        country,
        address.city as city,
        joined_at
    from {{ source('raw', 'customers') }}
)

select * from renamed
