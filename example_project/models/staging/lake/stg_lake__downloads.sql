select
    cast(date as date) as date_day,
    regexp_extract(version, '^\d+\.\d+') as release,
    platform,
    edition,
    country_code,
    cast(downloads as integer) as downloads
from {{ source('lake', 'downloads') }}
where cast(date as date) <= {{ as_of() }}
