-- description: Names of models are in English
-- help: translate it

select unique_id, format('`{}` is a Dutch word', name) as message
from models
where name in ('klanten', 'orders')
