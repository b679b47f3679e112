def model(dbt, session):
    dbt.config(materialized="external", location="written.csv")
    return dbt.ref("numbers").project("id, name")
