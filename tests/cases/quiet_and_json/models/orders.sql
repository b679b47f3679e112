{{ config(materialized='table') }}{% do log('building ' ~ this.name, info=true) %}{% do print('printed') %}select 1 as id
