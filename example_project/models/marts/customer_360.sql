-- All that is known of each account, as one row: what it pays, uses, asks and is about to decide.
with accounts as (

    select * from {{ ref('dim_accounts') }}
    where is_current

),

subscriptions as (

    select
        account_sfid,
        cast(sum(arr) as decimal(14, 2)) as arr,
        cast(sum(case when is_paying then seats else 0 end) as bigint) as seats,
        arg_max(plan, valid_from) as plan,
        arg_max(status, valid_from) as subscription_status
    from {{ ref('int_account_subscriptions') }}
    where is_current
    group by account_sfid

),

servers as (

    select * from {{ ref('dim_servers') }}
    where account_sfid is not null
    qualify row_number() over (partition by account_sfid order by last_seen_date desc, server_id) = 1

),

users as (

    select
        servers.account_sfid,
        count(*) filter (activity.is_active_30d) as monthly_active_users,
        count(*) filter (activity.is_active_7d) as weekly_active_users,
        count(*) as known_users
    from {{ ref('int_user_activity_spined') }} as activity
    inner join {{ ref('dim_servers') }} as servers using (server_id)
    where activity.date_day = {{ as_of() }}
    group by servers.account_sfid

),

tickets as (

    select
        account_sfid,
        count(*) filter (created_at >= {{ as_of() }} - 90) as tickets_90d,
        count(*) filter (status <> 'solved') as open_tickets,
        avg(cast(is_satisfied as integer)) as satisfaction
    from {{ ref('fct_support_tickets') }}
    group by account_sfid

),

pipeline as (

    select
        account_sfid,
        cast(sum(amount) filter (not is_closed) as decimal(14, 2)) as open_pipeline,
        min(close_date) filter (not is_closed and opportunity_type = 'Renewal') as next_renewal_date
    from {{ ref('stg_crm__opportunities') }}
    group by account_sfid

),

bookings as (

    select
        opportunities.account_sfid,
        cast(sum(lines.total_price) filter (not lines.is_service) as decimal(14, 2)) as licences_booked,
        cast(sum(lines.total_price) filter (lines.is_service) as decimal(14, 2)) as services_booked
    from {{ ref('stg_crm__opportunities') }} as opportunities
    inner join {{ ref('stg_crm__opportunity_lines') }} as lines using (opportunity_sfid)
    where opportunities.is_won
    group by opportunities.account_sfid

),

overdue as (

    select account_sfid, cast(sum(amount_due - amount_paid) as decimal(14, 2)) as overdue_amount
    from {{ ref('stg_billing__invoices') }}
    where status = 'open' and due_at < {{ as_of() }}
    group by account_sfid

),

reachable as (

    select
        contacts.account_sfid,
        count(*) as contacts,
        count(*) filter (not contacts.has_opted_out) as reachable_contacts
    from {{ ref('stg_crm__contacts') }} as contacts
    group by contacts.account_sfid

),

interest as (

    select
        accounts.account_sfid,
        count(*) as form_fills
    from {{ ref('stg_mktg__form_fills') }} as forms
    inner join accounts on forms.email_domain = accounts.domain
    where forms.has_consent and not forms.has_blocked_domain
    group by accounts.account_sfid

),

joined as (

    select
        accounts.account_sfid,
        accounts.account_name,
        accounts.account_type,
        accounts.segment,
        accounts.region,
        coalesce(subscriptions.subscription_status, 'none') as subscription_status,
        subscriptions.plan,
        coalesce(subscriptions.arr, 0) as arr,
        coalesce(subscriptions.seats, 0) as seats,
        coalesce(users.monthly_active_users, 0) as monthly_active_users,
        coalesce(users.weekly_active_users, 0) as weekly_active_users,
        coalesce(users.known_users, 0) as known_users,
        servers.server_version,
        coalesce(servers.is_supported_release, false) as is_on_supported_release,
        coalesce(tickets.tickets_90d, 0) as tickets_90d,
        coalesce(tickets.open_tickets, 0) as open_tickets,
        round(tickets.satisfaction, 3) as satisfaction,
        coalesce(pipeline.open_pipeline, 0) as open_pipeline,
        pipeline.next_renewal_date,
        coalesce(bookings.licences_booked, 0) as licences_booked,
        coalesce(bookings.services_booked, 0) as services_booked,
        coalesce(overdue.overdue_amount, 0) as overdue_amount,
        coalesce(reachable.contacts, 0) as contacts,
        coalesce(reachable.reachable_contacts, 0) as reachable_contacts,
        coalesce(interest.form_fills, 0) as form_fills
    from accounts
    left join subscriptions using (account_sfid)
    left join users using (account_sfid)
    left join servers using (account_sfid)
    left join tickets using (account_sfid)
    left join pipeline using (account_sfid)
    left join bookings using (account_sfid)
    left join overdue using (account_sfid)
    left join reachable using (account_sfid)
    left join interest using (account_sfid)

)

select
    *,
    -- Four plain signs, 25 points each: people use it, the version is supported, support is good, bills are paid.
    -- Only those who have the product can be well or ill.
    case when subscription_status in ('active', 'past_due', 'trialing') then round(
        25 * least(1, weekly_active_users / greatest(known_users, 1) / 0.4)
        + 25 * cast(is_on_supported_release as integer)
        + 25 * coalesce(satisfaction, 0.7)
        + 25 * cast(overdue_amount = 0 as integer), 1
    ) end as health_score,
    case
        when health_score is null then 'none'
        when health_score >= 75 then 'green'
        when health_score >= 50 then 'amber'
        else 'red'
    end as health_band
from joined
