-- reads a model of its own layer
select id from {{ ref('stg_contacts') }}
