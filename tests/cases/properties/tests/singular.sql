{{ config(severity='error', tags='sing', meta={'k': 1}) }}
select * from {{ ref('stg_a') }} where id < 0
