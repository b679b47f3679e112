{{ config(post_hook={'sql': 'select 1', 'transaction': 'no'}) }}
select 1 as id
