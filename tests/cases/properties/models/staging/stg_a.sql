
{{ config(tags=['infile'], alias='aliased_a', meta={'infile': 1}, post_hook=["insert into x select * from {{ this }}", {"sql": "vacuum", "transaction": false}]) }}
-- c
select * from {{ source('raw','t1') }} join {{ ref('sd') }} using (id)

