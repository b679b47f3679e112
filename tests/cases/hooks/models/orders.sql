{{ config(materialized='table',
    pre_hook=["insert into main.log values ('pre inside')", {'sql': "insert into main.log values ('pre outside')", 'transaction': false}],
    post_hook="insert into main.log values ('post of {{ this.name }}')") }}
select 1 as id
