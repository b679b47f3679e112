{{ config(materialized='table', contract={'enforced': true}) }}
select 1 as id, 'a' as name, 2.5 as extra, true as flag
