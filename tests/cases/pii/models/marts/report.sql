select email_hash, count(*) as users, sum(phones) as phones from {{ ref('dim_users') }} group by email_hash
