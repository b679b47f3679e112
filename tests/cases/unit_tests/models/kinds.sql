select ['a', 'b'] as kinds, 1 as "GROUP", {'x': 1} as point
