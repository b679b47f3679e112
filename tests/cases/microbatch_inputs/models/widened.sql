{{ config(on_schema_change='append_new_columns') }}
select id, happened_at {{ var('more', '') }} from {{ ref('raw') }}
