{{ config(materialized='table') }}
select i.id, i.made_in as inline_made_in, b.made_in from {{ ref('inline') }} as i join {{ ref('base') }} as b using (id)
