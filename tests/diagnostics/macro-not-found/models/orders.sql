select
    {{ cent_to_euro('amount') }} as amount
