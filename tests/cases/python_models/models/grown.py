def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="id")
    numbers = dbt.ref("numbers")
    if dbt.is_incremental:
        [(top,)] = session.sql(f"select max(id) from {dbt.this}").fetchall()
        print(f"{dbt.this.identifier} ends at {top}")
        numbers = numbers.filter(f"id > {top}")
    return numbers.project("id, name, '{}' as run".format("second" if dbt.is_incremental else "first"))
