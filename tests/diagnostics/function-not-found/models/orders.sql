select {{ function('doble') }}(1) as two
