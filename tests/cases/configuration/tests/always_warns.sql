{{ config(tags=['single'], severity='warn', meta={'x': 1}) }}
select 1 as x
