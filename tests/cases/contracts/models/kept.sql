{{ config(materialized='table', contract={'enforced': true}) }}
select {{ var('id', 1) }} as id, 'a' as name, cast(2.5 as decimal(10, 2)) as amount
