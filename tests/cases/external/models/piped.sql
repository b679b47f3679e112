{{ config(materialized='external', location='out/' ~ this.name ~ '.csv', delimiter='|') }}

select id, kind || '|' as kind from {{ ref('items') }}
