{{ config(incremental_strategy='delete+insert', unique_key='id') }}
select id, status {{ ', amount' if is_incremental() }} from {{ ref('raw') }}
