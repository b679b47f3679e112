NAME = 'other'


def model(dbt, session):
    return dbt.ref(NAME)
