with landed as (

    select json from {{ source('billing', 'invoices') }}

),

unpacked as (

    select
        json ->> '$.id' as invoice_id,
        json ->> '$.subscription' as subscription_id,
        json ->> '$.metadata.account_sfid' as account_sfid,
        json ->> '$.status' as status,
        cast(cast(json ->> '$.amount_due' as bigint) / 100.0 as decimal(14, 2)) as amount_due,
        cast(cast(json ->> '$.amount_paid' as bigint) / 100.0 as decimal(14, 2)) as amount_paid,
        {{ from_epoch("json ->> '$.created'") }} as issued_at,
        {{ from_epoch("json ->> '$.due_date'") }} as due_at
    from landed

)

select * from unpacked
where {{ known_by_now('issued_at') }}
