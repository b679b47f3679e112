select
    {{ cents_to_euro('amount', scale=2) }} as amount
