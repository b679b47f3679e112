select {{ lib.greet('shop') }} as line union all select line from {{ ref('lib', 'lib_model') }}
