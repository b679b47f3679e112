{{ config(materialized='table') }}

select copied.*, grown.run, '{{ ref('copied') }}' as place from {{ ref('copied') }} join {{ ref('grown') }} using (id)
