-- a remark first
select * from {{ ref('middle') }} union all select * from {{ ref('base') }}
