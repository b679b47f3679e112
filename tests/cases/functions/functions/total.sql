{{ function('double_it') }}(x) + y
