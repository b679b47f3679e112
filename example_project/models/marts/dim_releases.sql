with issues as (

    select
        fix_version as version,
        count(distinct issue_key) as issues_fixed,
        count(distinct issue_key) filter (issue_type = 'Bug') as bugs_fixed,
        count(distinct issue_key) filter (label = 'regression') as regressions_fixed
    from {{ ref('stg_tracker__issues') }}
    where fix_version is not null and status = 'Done'
    group by fix_version

),

downloads as (

    select release as version, cast(sum(downloads) as bigint) as downloads
    from {{ ref('stg_lake__downloads') }}
    group by release

),

adoption as (

    select release as version, count(*) as active_servers
    from {{ ref('dim_servers') }}
    where is_active and not is_internal
    group by release

)

select
    releases.version,
    releases.released_on,
    releases.is_long_term_support,
    releases.supported_until,
    releases.supported_until >= {{ as_of() }} as is_supported,
    coalesce(issues.issues_fixed, 0) as issues_fixed,
    coalesce(issues.bugs_fixed, 0) as bugs_fixed,
    coalesce(issues.regressions_fixed, 0) as regressions_fixed,
    coalesce(downloads.downloads, 0) as downloads,
    coalesce(adoption.active_servers, 0) as active_servers
from {{ ref('release_calendar') }} as releases
left join issues using (version)
left join downloads using (version)
left join adoption using (version)
where releases.released_on <= {{ as_of() }}
