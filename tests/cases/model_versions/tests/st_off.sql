{{ config(enabled=false) }} select * from {{ ref('reader') }} where false
