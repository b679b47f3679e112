{{ config(
    materialized = var('mat', 'table'),
    post_hook = "select count(*) from {{ this }}",
    unique_key = ['id', 'name']
) }}
select 1 as id, 'a' as name, 2 as extra
