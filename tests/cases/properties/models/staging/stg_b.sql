select * from {{ ref('pkg','pm') }} union all select * from {{ ref('stg_a') }} {{ helper() }} {{ pkg.pkgmac(1) }}
