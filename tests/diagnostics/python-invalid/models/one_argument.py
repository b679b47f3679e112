def model(dbt):
    return dbt.config.get()
