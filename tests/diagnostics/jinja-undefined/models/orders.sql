select
    {{ settings.currency }} as currency
