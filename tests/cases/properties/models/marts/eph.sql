{{ config(materialized='ephemeral') }} select * from {{ ref("stg_b") }}, {{ ref('ver') }}, {{ ref('ver', v=1) }}
