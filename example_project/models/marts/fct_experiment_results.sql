{{ config(group='growth') }}

{% set z_95 = 1.959964 %}

-- Conversion by variant with Wilson's interval, and a two-sided test of each variant against control.
with goals (experiment, goal_event) as (

    values ('onboarding_checklist', 'invite_sent'), ('compact_sidebar', 'theme_saved')

),

outcomes as (

    select
        exposures.experiment,
        exposures.variant,
        exposures.user_id,
        bool_or(events.event_id is not null) as has_converted
    from {{ ref('int_experiment_exposures') }} as exposures
    inner join goals using (experiment)
    left join {{ ref('int_events_unioned') }} as events
        on events.user_id = exposures.user_id
        and events.event_name = goals.goal_event
        and events.event_at >= exposures.exposed_at
        and events.event_at < exposures.exposed_at + interval {{ var('experiment_conversion_days') }} day
    group by exposures.experiment, exposures.variant, exposures.user_id

),

variants as (

    select
        experiment,
        variant,
        count(*) as exposed_users,
        count(*) filter (has_converted) as converted_users,
        converted_users / exposed_users as conversion_rate
    from outcomes
    group by experiment, variant

),

compared as (

    select
        variants.*,
        control.conversion_rate as control_rate,
        (variants.converted_users + control.converted_users)
            / (variants.exposed_users + control.exposed_users) as pooled_rate,
        sqrt(
            pooled_rate * (1 - pooled_rate) * (1 / variants.exposed_users + 1 / control.exposed_users)
        ) as standard_error
    from variants
    inner join variants as control
        on variants.experiment = control.experiment and control.variant = 'control'

)

select
    experiment,
    variant,
    exposed_users,
    converted_users,
    round(conversion_rate, 4) as conversion_rate,
    round(main.wilson_bound(converted_users, exposed_users, -{{ z_95 }}), 4) as interval_low,
    round(main.wilson_bound(converted_users, exposed_users, {{ z_95 }}), 4) as interval_high,
    round(conversion_rate - control_rate, 4) as lift,
    case when variant <> 'control'
        then round((conversion_rate - control_rate) / nullif(standard_error, 0), 4)
    end as z_score,
    case when variant <> 'control'
        then round(
            2 * (1 - main.normal_cdf(abs((conversion_rate - control_rate) / nullif(standard_error, 0)))), 5
        )
    end as p_value,
    coalesce(p_value < 0.05, false) as is_significant
from compared
