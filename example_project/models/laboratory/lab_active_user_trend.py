"""Where monthly active users are heading: a straight line through the last weeks, carried four weeks on."""

import pandas as pd


def model(dbt, session):
    dbt.config(materialized="table")
    days = dbt.ref("fct_active_users").df().sort_values("date_day").tail(28)
    middle = (len(days) - 1) / 2
    offsets = [day - middle for day in range(len(days))]
    level = days["monthly_active_users"].mean()
    slope = sum(o * y for o, y in zip(offsets, days["monthly_active_users"])) / sum(o * o for o in offsets)
    last = pd.Timestamp(days["date_day"].iloc[-1])
    return pd.DataFrame(
        [
            {"date_day": last + pd.Timedelta(days=ahead), "expected_monthly_active_users": round(level + slope * (middle + ahead), 1)}
            for ahead in range(1, 29)
        ]
    )
