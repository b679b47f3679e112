-- name: public_models_without_contract
-- description: Public models whose columns and types nobody promises
-- severity: warn
-- help: give it `contract: {enforced: true}`, or another `access`

select unique_id, format('`{}` is public and has no contract', label) as message
from models
where is_checked and access = 'public' and not has_contract
