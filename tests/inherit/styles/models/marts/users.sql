with users as (select * from {{ ref('stg_users') }})
select user_id, email as mail, upper(name) as name, country from users
