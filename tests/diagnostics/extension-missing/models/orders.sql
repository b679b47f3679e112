select st_point(1, 2) as place
