power(sum(v), 2)
