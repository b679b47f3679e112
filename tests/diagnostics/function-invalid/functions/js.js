return x * 2
