select {{ known_currency('EURO') }} as currency
