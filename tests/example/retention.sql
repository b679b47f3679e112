-- Retention by weekly cohort: whoever began in a week and did anything in a later week that is over.
-- = landed
with began as (
    select person, date_trunc('week', min(day)) as cohort from deed where person is not null group by person
)
select
    cast(cohort as date),
    cast(week as integer),
    count(*) filter (exists (
        from deed where deed.person = began.person and deed.day >= cohort + to_days(cast(7 * week as integer))
            and deed.day < cohort + to_days(cast(7 * week + 7 as integer))
    )),
    round(count(*) filter (exists (
        from deed where deed.person = began.person and deed.day >= cohort + to_days(cast(7 * week as integer))
            and deed.day < cohort + to_days(cast(7 * week + 7 as integer))
    )) / count(*), 4)
from began, range(0, 30) as weeks (week)
where cohort + to_days(cast(7 * week + 7 as integer)) <= day_after()
group by cohort, week
-- = built
select cohort_week, week_number, retained_users, retention_rate from marts.fct_retention_cohorts
