{{ config(incremental_strategy='merge', unique_key='id') }}
select id, status {{ ', amount' if not is_incremental() }} from {{ ref('raw') }}
