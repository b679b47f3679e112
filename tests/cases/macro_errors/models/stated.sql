{{ start('state', 'create table') if execute }} select 1 as id
