def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql("select 1 as id")
