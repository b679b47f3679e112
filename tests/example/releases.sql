-- What each release mended and how often it was downloaded.
-- = landed
select
    release.version,
    (
        select count(*) from read_parquet('data/landing/tracker/issues.parquet')
        where fix_version = release.version::varchar and status = 'Done' and issue_type = 'Bug' and _sdc_batched_at < day_after()
    ),
    (
        select coalesce(sum(downloads), 0) from read_csv('data/landing/lake/downloads.csv', types = {version: 'varchar'}) as download
        where starts_with(download.version, release.version || '.')
    )
from read_csv('seeds/release_calendar.csv', types = {version: 'varchar'}) as release
-- = built
select version, bugs_fixed, downloads from marts.dim_releases
