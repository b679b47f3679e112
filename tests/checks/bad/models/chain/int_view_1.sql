select id from {{ ref('stg_late') }}
