select *
from raw.order_lines
