def model(dbt, session):
    text = f"{{this}} is fine"
    return {{ ref('other') }}
