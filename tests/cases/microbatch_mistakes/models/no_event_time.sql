{{ config(begin='2024-01-01', batch_size='day') }}
select * from {{ ref('raw') }}
