{{ config(materialized='incremental', database='other', unique_key='id') }}

select id, '{{ 'again' if is_incremental() else 'first' }}' as run from {{ ref('copied') }}
