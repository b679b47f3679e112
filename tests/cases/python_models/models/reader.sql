select count(*) as rows, sum(twice) as total, (select typeof(big) from {{ ref('plain') }} limit 1) as kind
from {{ ref('frame') }}
