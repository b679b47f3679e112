select id, email as mail, md5(email) as email_hash, phone, last_name, salary from {{ ref('stg_users') }}
