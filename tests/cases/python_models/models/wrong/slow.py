import time


def model(dbt, session):
    dbt.config(materialized="table", timeout=1)
    time.sleep(60)
    return dbt.ref("numbers")
