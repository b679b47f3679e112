# Fails before it asks for anything.
limits = {'low': 1}
top = limits['high']


def model(dbt, session):
    return None
