select count(*) as all_rows from {{ ref('windowed') }}, {{ ref('raw_events').render() }} as raw
