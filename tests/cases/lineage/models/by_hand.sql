select code, name as country, {{ dbt.current_timestamp() }} as read_at from countries
