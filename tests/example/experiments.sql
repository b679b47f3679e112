-- Conversion by variant, Wilson's interval as the roots of its quadratic, and a two-sided p-value for which the
-- normal density is summed up by Simpson's rule.
-- = landed
with shown as (
    select properties.experiment as experiment, properties.variant as variant, user_id, moment
    from event as seen
    where name = 'experiment_viewed' and user_id is not null and not exists (
        from event as earlier
        where earlier.name = seen.name and earlier.user_id = seen.user_id
            and earlier.properties.experiment = seen.properties.experiment
            and (earlier.moment, earlier.id) < (seen.moment, seen.id)
    )
),
counted as (
    select experiment, variant, count(*) as n, count(*) filter (exists (
        from event
        where event.user_id = shown.user_id and event.moment between shown.moment and shown.moment + interval 14 day
            and event.name = case experiment when 'onboarding_checklist' then 'invite_sent' else 'theme_saved' end
    )) as k
    from shown
    group by all
),
compared as (
    select
        experiment, variant, n, k, k / n as p, 1.959964 ** 2 / n as w,
        (k + control_k) / (n + control_n) as pooled,
        (p - control_k / control_n) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / control_n)) as z
    from counted
    inner join (select experiment, n as control_n, k as control_k from counted where variant = 'control') using (experiment)
)
select
    experiment, variant, n, k, round(p, 4),
    round((2 * p + w - sqrt((2 * p + w) ** 2 - 4 * (1 + w) * p * p)) / (2 * (1 + w)), 4),
    round((2 * p + w + sqrt((2 * p + w) ** 2 - 4 * (1 + w) * p * p)) / (2 * (1 + w)), 4),
    if(variant = 'control', null, round(z, 4)),
    if(variant = 'control', null, round(1 - 2 * (
        select sum(if(i in (0, 1000), 1, if(i % 2 = 1, 4, 2)) * exp(-((abs(z) * i / 1000) ** 2) / 2)) * abs(z) / 3000 / sqrt(2 * pi())
        from range(0, 1001) as steps (i)
    ), 4))
from compared
-- = built
select
    experiment, variant, exposed_users, converted_users, conversion_rate, interval_low, interval_high, z_score, round(p_value, 4)
from marts.fct_experiment_results
