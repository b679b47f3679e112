select id, email, state, owner, plain from {{ ref('crm_copies') }}
