def modell(dbt, session):
    return dbt.ref('other')
