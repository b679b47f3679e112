{{ config(incremental_predicates='id < 100') }}
select r.id, r.happened_at, o.id as other, (select count(*) from {{ ref('other').render() }}) as unfiltered, (select count(*) from {{ source('src', 'raw') }}) as src
from {{ ref('raw') }} r left join {{ ref('other') }} o using (id)
