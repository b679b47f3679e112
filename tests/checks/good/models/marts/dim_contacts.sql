{{ config(tags=['nightly'], group='sales') }}

select id, email, name
from {{ ref('int_contacts_named') }}
