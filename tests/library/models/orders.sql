{{ config(materialized='table', event_time='updated_at', contract={'enforced': true}, indexes=[{'columns': ['id']}], grants={'select': ['all']},
   pre_hook="insert into log values ('before')", post_hook=after_commit("insert into log values ('after')")) }}
select id, name, updated_at::timestamp as updated_at from {{ ref('raw') }}
