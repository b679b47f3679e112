{{ config(tags=['file'], meta={'level': 'file'}, materialized='view', pre_hook=before_begin("insert into log (line) values ('before begin')"), post_hook=[after_commit("insert into log (line) values ('after commit')"), "{{ said('macro') }}"]) }}
{{ config(tags='second', meta={'more': true}, event_time='updated_at') }}
select 1 as id, 'x' as name
