{{ config(alias='the_mart', sql_header="set variable header_said = 7;", static_analysis='strict') }}
select getvariable('header_said') as said, id, name from {{ ref('stg') }}
