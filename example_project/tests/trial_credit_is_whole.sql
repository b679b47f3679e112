{{ config(group='growth') }}

-- The features used before a trial share exactly one credit.
select trial_event_id, sum(credit) as credit
from {{ ref('int_feature_attribution') }}
group by trial_event_id
having abs(sum(credit) - 1) > 1e-9
