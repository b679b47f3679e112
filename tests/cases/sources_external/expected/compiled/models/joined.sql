
select o.id, o.amount, e.kind
from read_csv('data/orders.csv') o join 'data/events.ndjson' e using (id)