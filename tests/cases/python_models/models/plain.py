# Comments may say dbt.ref("nothing"), and so may texts.
def model(dbt, session):
    """Reads dbt.source("nothing", "at all")."""
    dbt.config(materialized="table", note="a"
               "b")  # Two texts are one.
    print("note:", dbt.config.get("note"), "missing:", dbt.config.get("missing", 7))
    numbers = dbt.ref("numbers")
    return numbers.filter("id > 1")
