-- The landed files as the figures beside this file read them: typed by columns named here, with none of the project's
-- macros, models or settings. Paths are relative to the project; the day is the last one of its data.
create temp macro day_after() as timestamp '2025-07-01';

-- `happened` is the device's clock, unless that runs more than an hour ahead of the arrival.
create temp macro happened(original, received) as
    if(try_cast(original as timestamp) <= received + interval 1 hour, try_cast(original as timestamp), received);

create temp table arrival as
select 'web' as stream, *
from read_json('data/landing/events_web/tracks.ndjson', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'varchar', anonymous_id: 'varchar', user_id: 'varchar', event: 'varchar', original_timestamp: 'varchar', received_at: 'varchar',
    properties: 'struct(server_id varchar, experiment varchar, variant varchar, version varchar, edition varchar)'})
union all
select 'mobile', *
from read_json('data/landing/events_mobile/tracks.ndjson', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'varchar', anonymous_id: 'varchar', user_id: 'varchar', event: 'varchar', original_timestamp: 'varchar', received_at: 'varchar',
    properties: 'struct(server_id varchar, experiment varchar, variant varchar, version varchar, edition varchar)'})
union all
select 'server', *
from read_json('data/landing/events_server/tracks.ndjson', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'varchar', anonymous_id: 'varchar', user_id: 'varchar', event: 'varchar', original_timestamp: 'varchar', received_at: 'varchar',
    properties: 'struct(server_id varchar, experiment varchar, variant varchar, version varchar, edition varchar)'});

-- Each event once, however often it was sent.
create temp table event as
select
    id,
    any_value(stream) as stream,
    any_value(anonymous_id) as device,
    any_value(user_id) as user_id,
    any_value(regexp_replace(lower(event), '\s+', '_', 'g')) as name,
    any_value(properties.server_id) as server_id,
    any_value(properties) as properties,
    min(try_cast(received_at as timestamp)) as received,
    happened(any_value(original_timestamp), received) as moment
from arrival
where event <> '' and try_cast(received_at as timestamp) < day_after()
group by id;

create temp table page as
select
    id,
    any_value(anonymous_id) as device,
    any_value(path) as path,
    any_value(utm_source) as utm_source,
    any_value(utm_medium) as utm_medium,
    happened(any_value(original_timestamp), min(try_cast(received_at as timestamp))) as moment
from read_json('data/landing/events_web/pages.ndjson', format = 'newline_delimited', ignore_errors = true, columns = {
    id: 'varchar', anonymous_id: 'varchar', path: 'varchar', utm_source: 'varchar', utm_medium: 'varchar',
    original_timestamp: 'varchar', received_at: 'varchar'})
where id is not null and try_cast(received_at as timestamp) < day_after()
group by id;

-- Everyone ever seen on a device, and the one who was seen first.
create temp table owner as
with seen as (
    select anonymous_id as device, user_id, try_cast(received_at as timestamp) as received
    from read_json(
        ['data/landing/events_web/identifies.ndjson', 'data/landing/events_mobile/identifies.ndjson'],
        format = 'newline_delimited', ignore_errors = true,
        columns = {anonymous_id: 'varchar', user_id: 'varchar', received_at: 'varchar'})
    union all
    select device, user_id, received from event
)
select distinct device, user_id
from seen
where
    received < day_after() and user_id is not null and device is not null
    and received = (
        select min(first.received) from seen as first
        where first.device = seen.device and first.user_id is not null
    );

create temp table catalogue as from read_csv('seeds/event_catalogue.csv');
create temp table internal as from read_csv('seeds/internal_servers.csv');

-- What makes a person active, and who the person is.
create temp table deed as
select coalesce(event.user_id, owner.user_id) as person, event.user_id, event.name, event.server_id, event.moment, cast(event.moment as date) as day
from event
semi join (from catalogue where is_activity) as activity on activity.event_name = event.name
anti join internal on internal.server_id = event.server_id
left join owner using (device)
where event.moment < day_after();

-- A subscription's worth a year from each change on; of several changes on one day the last stands.
create temp table worth as
select
    id as subscription,
    metadata.account_sfid as account,
    cast(make_timestamp(updated * 1000000) as date) as day,
    arg_max(if(
        status = 'active' or status = 'past_due',
        items[1].quantity * items[1].price.unit_amount / 100 * if(items[1].price.interval = 'month', 12, 1),
        0
    ), updated) as arr
from read_json('data/landing/billing/subscriptions.ndjson', format = 'newline_delimited', columns = {
    id: 'varchar', status: 'varchar', updated: 'bigint', metadata: 'struct(account_sfid varchar)',
    items: 'struct(quantity bigint, price struct(unit_amount bigint, "interval" varchar))[]', _loaded_at: 'timestamp'})
where _loaded_at < day_after()
group by all;

create temp table calendar as
select cast(day as date) as day from generate_series(date '2023-01-01', date '2025-06-30', interval 1 day) as days (day);

-- What each subscription was worth at the end of each day, and the day before.
create temp table balance as
with held as (
    select calendar.day, subscriptions.subscription, subscriptions.account, coalesce(worth.arr, 0) as arr
    from calendar
    cross join (select distinct subscription, account from worth) as subscriptions
    asof left join worth on worth.subscription = subscriptions.subscription and worth.day <= calendar.day
)
select today.*, coalesce(yesterday.arr, 0) as before
from held as today
left join held as yesterday on yesterday.subscription = today.subscription and yesterday.day = today.day - 1;

create temp table ticket as
from read_parquet('data/landing/helpdesk/tickets.parquet') as state
where
    _sdc_batched_at < day_after()
    and not exists (
        from read_parquet('data/landing/helpdesk/tickets.parquet') as later
        where later.id = state.id and later._sdc_sequence > state._sdc_sequence and later._sdc_batched_at < day_after()
    );
