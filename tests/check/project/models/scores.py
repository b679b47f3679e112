def model(dbt, session):
    return dbt.ref("orders").project("order_id, amount * 2 as score")
