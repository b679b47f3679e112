-- a comment at the end is no matter
x * 2 -- twice
