select kinds, {'first': kinds[1], 'count': len(kinds)} as summary, "GROUP" from {{ ref('kinds') }}
