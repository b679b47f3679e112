def model(dbt, session):
    return dbt.ref('other')


def model(dbt, session):
    return None
