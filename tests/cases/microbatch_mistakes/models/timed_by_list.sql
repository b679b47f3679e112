{{ config(materialized='view', event_time=['a']) }} select 1 as a
