{{ config(materialized='table', contract={'enforced': true}) }}
select {{ var('parent', 1) }} as kept_id
