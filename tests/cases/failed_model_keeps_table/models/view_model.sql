select {{ var('value', '1') }} as id
