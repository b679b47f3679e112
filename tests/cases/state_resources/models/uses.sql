select {{ function('double_it') }}(2) as four
