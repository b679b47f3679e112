select {{ var('limit') }} as n
