def helper(rows):
    return rows / 0


def model(dbt, session):
    count = len(dbt.ref("numbers").fetchall())
    if dbt.config.get("broken"):
        helper(count)
    return session.sql(f"select {count} as rows")
