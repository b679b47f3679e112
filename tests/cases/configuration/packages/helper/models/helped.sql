{{ config(tags='in_file', pre_hook="insert into log (line) values ('pre helper file {{ this.name }}')") }} select 1 as id
