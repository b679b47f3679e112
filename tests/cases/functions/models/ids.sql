select i as id from range(4) t(i)
