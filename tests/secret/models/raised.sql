{{ fail(var('token')) if execute }}
