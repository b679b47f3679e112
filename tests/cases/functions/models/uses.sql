select
    {{ function('double_it') }}(21) as double_it,
    {{ function('shop', 'total') }}(4) as total,
    {{ function('total') }}(4, y := 1) as total_1,
    {{ function('half') }}(5) as half,
    {{ function('half') }}(9, 3) as half_of,
    {{ function('next_id') }}(1) as next_id,
    {{ function('shout') }}('hi') as shout,
    (select {{ function('squared_sum') }}(id) from {{ ref('ids') }}) as squared_sum
