def model(dbt, session):
    dbt.config(materialized="table", tags=["py"], packages=["numpy"])
    a = dbt.ref("stg_a")
    b = dbt.source("raw", "t1")
    return a
