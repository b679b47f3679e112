import pandas as pd


def doubled(value):
    return value * 2


def model(dbt, session):
    frame = dbt.ref("plain").df()
    frame["twice"] = frame["id"].map(doubled)
    return frame[["id", "twice"]]
