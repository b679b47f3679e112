{{ config(severity='warn', tags=['tt'], enabled=true) }} select * from {{ ref('reader') }} where false
