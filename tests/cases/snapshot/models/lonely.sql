{{ config(materialized='ephemeral') }}
select id, price, updated_at from {{ ref('prices') }}
