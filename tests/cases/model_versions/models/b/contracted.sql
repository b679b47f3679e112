{{ config(materialized='table', contract={'enforced': true}) }}
select 1 as id, cast(2.5 as decimal(10,2)) as amount, 'x' as note
